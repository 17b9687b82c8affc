#include "net/problem.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <string>

#include "base/json.h"

namespace swarma::net {
namespace {

constexpr std::size_t kMaxBytes = 1 << 20;
constexpr std::size_t kMaxSentence = 500;
constexpr std::size_t kMaxUnmetShown = 8;
constexpr std::int64_t kMaxWaitSeconds = 366 * 86'400;  // no honest server asks for more

ErrorCode code_of(int status) {
  switch (status) {
    case 401:
      return ErrorCode::Unauthenticated;
    case 402:
      return ErrorCode::PaymentRequired;
    case 403:
      return ErrorCode::Forbidden;
    case 404:
    case 410:
      return ErrorCode::NotFound;
    case 409:
      return ErrorCode::Conflict;
    case 413:
      return ErrorCode::TooLarge;
    case 415:
    case 422:
      return ErrorCode::Unsupported;
    case 429:
      return ErrorCode::TooMany;
    default:
      return status >= 500 ? ErrorCode::Unavailable : ErrorCode::BadRequest;
  }
}

/// A server's text in our terminal: no control characters, not too long, cut between characters.
std::string cleaned(std::string text) {
  std::erase_if(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (text.size() <= kMaxSentence) return text;
  std::size_t end = kMaxSentence;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  text.resize(end);
  return text + "…";
}

std::string text_member(const Json& json, const char* name) {
  const auto it = json.find(name);
  return it != json.end() && it->is_string() ? cleaned(it->get<std::string>()) : std::string();
}

bool is_reason(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::optional<std::chrono::seconds> bounded_wait(std::int64_t seconds) {
  if (seconds < 0 || seconds > kMaxWaitSeconds) return std::nullopt;
  return std::chrono::seconds(seconds);
}

/// Adds what would help, unless the sentence says it already.
void append_unmet(const Json& unmet, std::string& message) {
  for (std::size_t i = 0; i < std::min(unmet.size(), kMaxUnmetShown); ++i) {
    if (!unmet[i].is_object()) continue;
    const std::string how = text_member(unmet[i], "how");
    if (!how.empty() && message.find(how) == std::string::npos) message += " " + how;
  }
}

}  // namespace

Error read_problem(int status, std::string_view body) {
  Error error{code_of(status), std::string(kNoProblem),
              "The node answered with HTTP status " + std::to_string(status) + "."};
  if (body.size() > kMaxBytes) return error;
  const auto json = parse_json(body);
  if (!json || !json->is_object()) return error;
  const std::string type = text_member(*json, "type");
  if (const std::string reason = type.substr(type.rfind('/') + 1); is_reason(reason)) error.reason = reason;
  if (std::string detail = text_member(*json, "detail"); !detail.empty()) error.message = std::move(detail);
  if (const auto unmet = json->find("unmet"); unmet != json->end() && unmet->is_array())
    append_unmet(*unmet, error.message);
  if (const auto wait = json->find("retry_after_s"); wait != json->end() && wait->is_number_integer())
    error.retry_after = bounded_wait(wait->get<std::int64_t>());
  return error;
}

Error read_problem(const ClientResponse& response) {
  Error error = read_problem(response.status, response.body);
  const std::string_view text = response.headers.get("Retry-After");
  std::int64_t seconds = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (!error.retry_after && !text.empty() && parsed.ec == std::errc() && parsed.ptr == text.data() + text.size())
    error.retry_after = bounded_wait(seconds);
  return error;
}

}  // namespace swarma::net
