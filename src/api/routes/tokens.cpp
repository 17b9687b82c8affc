#include "api/routes/tokens.h"

#include <nlohmann/json.hpp>

#include "api/problem.h"

namespace swarma::api {
namespace {

constexpr std::chrono::days kBrowserTokenLife{30};

Result<net::Response> token_response(const TokenRoutes& with, const std::string& jkt, std::chrono::seconds life) {
  const Expiry expires_at(with.clock.now(), life);
  SWARMA_TRY(const std::string token, with.door.issue_token(jkt, expires_at));
  return json_response(201, {{"token", token}, {"expires_at", expires_at.unix_s()}, {"scope", "publish"}});
}

Result<net::Response> create_token(const TokenRoutes& with, const Call& call) {
  SWARMA_TRY(const Json body, parse_body(call.request));
  const JsonReader reader(body, "request");
  SWARMA_RETURN_IF_ERROR(reader.only({"did", "ttl_s", "scope"}));
  SWARMA_TRY(const std::string did_text, reader.text("did", 128));
  SWARMA_TRY(const crypto::Did did, crypto::Did::parse(did_text));
  SWARMA_TRY(const std::chrono::seconds life,
             reader.seconds_or("ttl_s", std::chrono::minutes(1), std::chrono::days(365), std::chrono::days(1)));
  return token_response(with, crypto::thumbprint(did.public_key()), life);
}

Result<net::Response> create_link(const TokenRoutes& with, const Call& call) {
  SWARMA_TRY(const std::string secret, with.links.create());
  return json_response(201, {{"link", call.caller.base_url + "/studio/link#" + secret}});
}

Result<net::Response> redeem_link(const TokenRoutes& with, const Call& call) {
  SWARMA_TRY(const Json body, parse_body(call.request));
  const JsonReader reader(body, "request");
  SWARMA_RETURN_IF_ERROR(reader.only({"link"}));
  SWARMA_TRY(const std::string secret, reader.text("link", 64));
  SWARMA_RETURN_IF_ERROR(with.links.redeem(secret));
  return token_response(with, call.caller.jkt, kBrowserTokenLife);
}

}  // namespace

Table routes(const TokenRoutes& with) {
  const auto post = [](std::string pattern, Auth auth, ApiHandler handler) {
    return Entry{.method = "POST",
                 .pattern = std::move(pattern),
                 .auth = auth,
                 .repeatable = true,
                 .handler = std::move(handler)};
  };
  return {post("/v1/tokens", Auth::Owner, on(with, create_token)),
          post("/v1/links", Auth::Owner, on(with, create_link)),
          post("/v1/links/redeem", Auth::Viewer, on(with, redeem_link))};
}

}  // namespace swarma::api
