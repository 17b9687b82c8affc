// POST /v1/tokens: the owner lets another key publish here. POST /v1/links and /v1/links/redeem: the same for a
// browser, by a link that works once.
#include <nlohmann/json.hpp>

#include "api/auth.h"
#include "api/links.h"
#include "api/problem.h"
#include "api/routes.h"

namespace swarma::api {
namespace {

constexpr std::chrono::days kBrowserTokenLife{30};

Result<net::Response> token_response(Services& services, const std::string& jkt, std::chrono::seconds life) {
  const Expiry expires_at(services.clock.now(), life);
  SWARMA_TRY(const std::string token, issue_token(services, jkt, expires_at));
  return json_response(201, {{"token", token}, {"expires_at", expires_at.unix_s()}, {"scope", "publish"}});
}

/// The owner's own key: a token cannot make tokens.
Result<Caller> require_owner(Services& services, const net::Request& request) {
  SWARMA_TRY(Caller caller, authenticate_viewer(services, request));
  if (!is_owner(services, caller))
    return fail(ErrorCode::Forbidden, "not_owner", "Only the owner's key can let another key in.");
  return caller;
}

Result<net::Response> create_token(Services& services, const net::Request& request) {
  SWARMA_RETURN_IF_ERROR(require_owner(services, request));
  SWARMA_TRY(const Json body, parse_body(request));
  const JsonReader reader(body, "request");
  SWARMA_RETURN_IF_ERROR(reader.only({"did", "ttl_s", "scope"}));
  SWARMA_TRY(const std::string did_text, reader.text("did", 128));
  SWARMA_TRY(const crypto::Did did, crypto::Did::parse(did_text));
  SWARMA_TRY(const std::chrono::seconds life,
             reader.seconds_or("ttl_s", std::chrono::minutes(1), std::chrono::days(365), std::chrono::days(1)));
  return token_response(services, crypto::thumbprint(did.public_key()), life);
}

Result<net::Response> create_link(Services& services, const net::Request& request) {
  SWARMA_TRY(const Caller owner, require_owner(services, request));
  SWARMA_TRY(const std::string secret, services.links.create());
  return json_response(201, {{"link", owner.base_url + "/studio/link#" + secret}});
}

Result<net::Response> redeem_link(Services& services, const net::Request& request) {
  SWARMA_TRY(const Caller caller, authenticate_viewer(services, request));
  SWARMA_TRY(const Json body, parse_body(request));
  const JsonReader reader(body, "request");
  SWARMA_RETURN_IF_ERROR(reader.only({"link"}));
  SWARMA_TRY(const std::string secret, reader.text("link", 64));
  SWARMA_RETURN_IF_ERROR(services.links.redeem(secret));
  return token_response(services, caller.jkt, kBrowserTokenLife);
}

}  // namespace

void add_token_routes(Services& services, Routes& routes) {
  const auto post = [&](std::string pattern, auto handler) {
    routes.push_back({.method = "POST",
                      .pattern = std::move(pattern),
                      .handler = answer_once(
                          services, [&services, handler](const net::Request& r) { return handler(services, r); })});
  };
  post("/v1/tokens", create_token);
  post("/v1/links", create_link);
  post("/v1/links/redeem", redeem_link);
}

}  // namespace swarma::api
