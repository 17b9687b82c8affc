#include "base/error.h"

namespace swarma {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::BadRequest:
      return "bad request";
    case ErrorCode::Unauthenticated:
      return "unauthenticated";
    case ErrorCode::Forbidden:
      return "forbidden";
    case ErrorCode::NotFound:
      return "not found";
    case ErrorCode::Conflict:
      return "conflict";
    case ErrorCode::TooLarge:
      return "too large";
    case ErrorCode::Unsupported:
      return "unsupported";
    case ErrorCode::PaymentRequired:
      return "payment required";
    case ErrorCode::TooMany:
      return "too many";
    case ErrorCode::Unavailable:
      return "unavailable";
    case ErrorCode::Corrupt:
      return "corrupt";
    case ErrorCode::Io:
      return "i/o";
    case ErrorCode::Internal:
      return "internal";
  }
  return "internal";
}

}  // namespace swarma
