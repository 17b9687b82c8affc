#include "api/routes/keys.h"

#include <nlohmann/json.hpp>

#include "api/problem.h"

namespace swarma::api {
namespace {

using access::grant::Granted;
using access::grant::KeyRequest;

Result<KeyRequest> read_order(const Call& call) {
  SWARMA_TRY(const Json body, parse_body(call.request));
  SWARMA_TRY(KeyRequest order, access::grant::parse_key_request(body));
  order.viewer = call.caller.jkt;
  order.proof = call.caller.proof;
  order.body = call.request.body;
  order.dpop = call.request.headers.get("DPoP");
  if (const std::string_view key = call.request.headers.get("Idempotency-Key"); !key.empty()) {
    SWARMA_RETURN_IF_ERROR(once::check_idempotency_key(key));
    order.idempotency = {std::string(key), "POST /v1/keys/request", call.caller.jkt, call.caller.body_digest};
  }
  return order;
}

Result<net::Response> render(const Result<Granted>& granted) {
  if (!granted) return std::unexpected(granted.error());
  return json_response(200, Json::object_t{{"grant", granted->grant}});
}

void request_keys(const KeyRoutes& with, std::span<const Call> calls, std::span<ApiDone> done) {
  std::vector<access::grant::Broker::Asked> asked;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    auto order = read_order(calls[i]);
    if (!order)
      done[i](std::unexpected(std::move(order).error()));
    else
      asked.push_back({*std::move(order),
                       [done = std::move(done[i])](const Result<Granted>& granted) mutable { done(render(granted)); }});
  }
  with.broker.request(std::move(asked));
}

Result<net::Response> revoke(const KeyRoutes& with, const Call& call) {
  SWARMA_TRY(const Json body, parse_body(call.request));
  const JsonReader reader(body, "request");
  SWARMA_RETURN_IF_ERROR(reader.only({"unlock_id", "grant_id"}));
  if (reader.has("unlock_id") == reader.has("grant_id"))
    return fail(ErrorCode::BadRequest, "bad_member", "Name either \"unlock_id\" or \"grant_id\".");
  const access::attest::Revoker by{call.caller.jkt, call.caller.is_owner};
  if (reader.has("unlock_id")) {
    SWARMA_TRY(const std::string id, reader.text("unlock_id", 64));
    SWARMA_RETURN_IF_ERROR(with.broker.revoke_unlock(id, by));
  } else {
    SWARMA_TRY(const std::string id, reader.text("grant_id", 128));
    SWARMA_RETURN_IF_ERROR(with.broker.revoke_grant(id, by));
  }
  return json_response(200, Json::object());
}

Result<net::Response> evidence(const KeyRoutes& with, const Call& call) {
  SWARMA_TRY(std::string file,
             with.broker.evidence(call.request.path_params.front(), {call.caller.jkt, call.caller.is_owner}));
  net::Response response;
  response.headers.set("Content-Type", "application/json");
  response.headers.set("Cache-Control", "no-store");
  response.body = std::move(file);
  return response;
}

}  // namespace

Table routes(const KeyRoutes& with) {
  return {
      {.method = "POST",
       .pattern = "/v1/keys/request",
       .auth = Auth::Viewer,
       .runs = Runs::Sql,
       .max_body = access::grant::kMaxKeyRequestBytes,
       .group = [with](std::span<const Call> calls, std::span<ApiDone> done) { request_keys(with, calls, done); }},
      {.method = "POST",
       .pattern = "/v1/keys/revoke",
       .auth = Auth::Viewer,
       .repeatable = true,
       .handler = on(with, revoke)},
      {.method = "GET", .pattern = "/v1/grants/{id}/evidence", .auth = Auth::Viewer, .handler = on(with, evidence)}};
}

}  // namespace swarma::api
