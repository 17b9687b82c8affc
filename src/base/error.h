// Expected failure is a returned value: Result<T>. A bug aborts.
//
// The code says what the caller should do next; `reason` is a stable machine-readable slug ("grant_expired"), which
// becomes the last part of the problem type in HTTP; `message` is a whole sentence for people: what happened, why, and
// what to do. Neither ever holds a key, a token or a code.
#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace swarma {

enum class ErrorCode {
  BadRequest,       // fix the request
  Unauthenticated,  // prove who you are (HTTP 401)
  Forbidden,        // you are known and may not (403)
  NotFound,         // it does not exist (404)
  Conflict,         // the state does not allow it, e.g. an older revision (409)
  TooLarge,         // over a stated limit (413)
  Unsupported,      // understood, not a kind we can handle (415 / 422)
  PaymentRequired,  // pay (402)
  TooMany,          // wait and try again (429)
  Unavailable,      // a part we need is missing or gone; try again later (503)
  Corrupt,          // bytes do not match their hash, signature or format
  Io,               // disk or network failed
  Internal,         // a bug of ours: report it
};

struct Error {
  ErrorCode code;
  std::string reason;   // slug, [a-z0-9_]+
  std::string message;  // a sentence
  /// How long to wait before the same request can succeed, where that is known.
  std::optional<std::chrono::seconds> retry_after = {};
  /// A JSON object for machines, or null: its members become members of the problem that HTTP answers with.
  std::shared_ptr<const nlohmann::json> details = {};
};

template <class T>
using Result = std::expected<T, Error>;

/// Returns an unexpected Error: `return fail(ErrorCode::NotFound, "title_not_found", "There is no title …")`.
inline std::unexpected<Error> fail(ErrorCode code, std::string reason, std::string message,
                                   std::optional<std::chrono::seconds> retry_after = {}) {
  return std::unexpected<Error>(Error{code, std::move(reason), std::move(message), retry_after});
}

std::string_view to_string(ErrorCode code);

}  // namespace swarma

// SWARMA_TRY(auto x, expression): takes the value of a Result or returns its Error from this function.
// SWARMA_RETURN_IF_ERROR(expression): the same for a Result<void>.
#define SWARMA_CONCAT_(a, b) a##b
#define SWARMA_CONCAT(a, b) SWARMA_CONCAT_(a, b)
#define SWARMA_TRY_(tmp, declaration, ...)                  \
  auto tmp = (__VA_ARGS__);                                 \
  if (!tmp) return std::unexpected(std::move(tmp).error()); \
  declaration = *std::move(tmp)
#define SWARMA_TRY(declaration, ...) SWARMA_TRY_(SWARMA_CONCAT(swarma_try_, __COUNTER__), declaration, __VA_ARGS__)
#define SWARMA_RETURN_IF_ERROR(...)                                     \
  do {                                                                  \
    if (auto swarma_check_result = (__VA_ARGS__); !swarma_check_result) \
      return std::unexpected(std::move(swarma_check_result).error());   \
  } while (false)
