#include "api/problem.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "base/no_waiting.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "net/http_server.h"

namespace swarma::api {

namespace {

constexpr int kInsufficientStorage = 507;

/// Refusals that a protocol wants under a status of their own, known by their reason.
int protocol_status(const Error& error) {
  static constexpr std::pair<std::string_view, int> kStatuses[] = {
      {"not_acceptable", 406},
      {"title_withdrawn", 410},
      {"unsupported_tus_version", 412},
      {"bad_content_type", 415},
      {"disk_full", kInsufficientStorage},
  };
  for (const auto& [reason, status] : kStatuses)
    if (error.reason == reason) return status;
  return net::own_refusal_status(error);
}

}  // namespace

int http_status(const Error& error) {
  if (const int own = protocol_status(error); own != 0) return own;
  switch (error.code) {
    case ErrorCode::BadRequest:
      return 400;
    case ErrorCode::Unauthenticated:
      return 401;
    case ErrorCode::PaymentRequired:
      return 402;
    case ErrorCode::Forbidden:
      return 403;
    case ErrorCode::NotFound:
      return 404;
    case ErrorCode::Conflict:
      return 409;
    case ErrorCode::TooLarge:
      return 413;
    case ErrorCode::Unsupported:
      return 422;
    case ErrorCode::Corrupt:
      return 422;
    case ErrorCode::TooMany:
      return 429;
    case ErrorCode::Unavailable:
      return 503;
    case ErrorCode::Io:
      return 500;
    case ErrorCode::Internal:
      return 500;
  }
  return 500;
}

net::Response json_response(int status, const Json& body) {
  net::Response response;
  response.status = status;
  response.headers.set("Content-Type", "application/json");
  response.headers.set("Cache-Control", "no-store");
  response.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  return response;
}

void make_revalidated(net::Response& response) {
  response.headers.set("Cache-Control", "no-cache");
  response.headers.set("ETag", '"' + to_base64url(crypto::sha256(view(std::get<std::string>(response.body)))) + '"');
}

namespace {

/// "Soon", for those who are asked to wait and whom nobody can tell how long.
constexpr std::chrono::seconds kSoon{5};
constexpr std::chrono::seconds kUntilThereIsRoom{60};
constexpr std::chrono::seconds kLongest{86'400};

std::optional<std::chrono::seconds> wait_of(const Error& error, int status) {
  if (error.retry_after) return std::clamp(*error.retry_after, std::chrono::seconds(1), kLongest);
  if (status == kInsufficientStorage) return kUntilThereIsRoom;
  if (status == 429 || status == 503) return kSoon;
  return std::nullopt;
}

/// What is said of trouble inside, whose own words (paths, hosts, SQL) are for the log and not for a stranger.
std::optional<std::string_view> instead_of_inside(const Error& error, int status) {
  if (status == 500) return "The node could not do this.";
  if (status == kInsufficientStorage)
    return "The disk of this node is full. Its owner can make room by removing uploads or titles; try again later.";
  if (error.reason.ends_with("_violation")) return "The node could not make this change.";
  if (error.reason == "file_missing") return "The node could not find something it needs.";
  if (error.reason.starts_with("database_") || error.code == ErrorCode::Io)
    return "The node cannot reach or use its records at the moment; try again later.";
  return std::nullopt;
}

}  // namespace

net::Response problem_response(const Error& error) {
  const int status = http_status(error);
  const auto general = instead_of_inside(error, status);
  Json body = error.details && !general ? *error.details : Json::object();
  body["type"] = "/problems/" + error.reason;
  body["title"] = std::string(to_string(error.code));
  body["status"] = status;
  body["detail"] = error.message;
  if (general) {
    const std::string id = to_hex(random_array<6>());
    // What only could not wait here is done again on a thread that can: nobody hears of this answer.
    if (!NoWaiting::was_refused_here())
      log::error("request_failed", {{"id", id}, {"reason", error.reason}, {"message", error.message}});
    body["id"] = id;
    body["detail"] = std::string(*general) + " The node's log says why, under " + id + ".";
  }
  body["reason"] = error.reason;
  const auto wait = wait_of(error, status);
  if (wait) body["retry_after_s"] = wait->count();
  net::Response response = json_response(status, body);
  response.headers.set("Content-Type", "application/problem+json");
  if (wait) response.headers.set("Retry-After", std::to_string(wait->count()));
  return response;
}

Result<Json> parse_body(const net::Request& request) {
  SWARMA_TRY(Json body, parse_json(request.body));
  SWARMA_RETURN_IF_ERROR(JsonReader(body, "request body").expect_object());
  return body;
}

}  // namespace swarma::api
