#include "api/problem.h"

#include <nlohmann/json.hpp>

#include "base/log.h"
#include "net/http_server.h"

namespace swarma::api {

int http_status(ErrorCode code) {
  switch (code) {
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

namespace {

/// Refusals that a protocol wants under a status of their own, known by their reason.
int protocol_status(const Error& error) {
  static constexpr std::pair<std::string_view, int> kStatuses[] = {
      {"unsupported_tus_version", 412},
      {"bad_content_type", 415},
  };
  for (const auto& [reason, status] : kStatuses)
    if (error.reason == reason) return status;
  return net::own_refusal_status(error);
}

}  // namespace

net::Response json_response(int status, const Json& body) {
  net::Response response;
  response.status = status;
  response.headers.set("Content-Type", "application/json");
  response.headers.set("Cache-Control", "no-store");
  response.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  return response;
}

net::Response problem_response(const Error& error, const Json* extra) {
  const int own = protocol_status(error);
  const int status = own != 0 ? own : http_status(error.code);
  // What went wrong inside (paths, SQL) is for the log, not for a stranger.
  const bool internal = status == 500;
  if (internal) log::error("request_failed", {{"reason", error.reason}, {"message", error.message}});
  Json body = extra != nullptr ? *extra : Json::object();
  body["type"] = "/problems/" + error.reason;
  body["title"] = std::string(to_string(error.code));
  body["status"] = status;
  body["detail"] = internal ? "The node could not do this; its log says why." : error.message;
  body["reason"] = error.reason;
  net::Response response = json_response(status, body);
  response.headers.set("Content-Type", "application/problem+json");
  if (status == 429 || status == 503) response.headers.set("Retry-After", "5");
  return response;
}

Result<Json> parse_body(const net::Request& request) {
  SWARMA_TRY(Json body, parse_json(request.body));
  SWARMA_CHECK(JsonReader(body, "request body").expect_object());
  return body;
}

}  // namespace swarma::api
