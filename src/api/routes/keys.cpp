// POST /v1/keys/request and /v1/keys/revoke. The proof, the idempotency key and the attestations are used up in one
// transaction of the broker.
#include <nlohmann/json.hpp>

#include "api/auth.h"
#include "api/problem.h"
#include "api/routes.h"

namespace swarma::api {
namespace {

using access::grant::Granted;
using access::grant::KeyRequest;

Result<KeyRequest> read_order(Services& services, const net::Request& request) {
  const std::string digest = body_digest(request);
  SWARMA_TRY(const Caller viewer, check_proof(services, request, digest));
  SWARMA_TRY(const Json body, parse_body(request));
  SWARMA_TRY(KeyRequest order, access::grant::parse_key_request(body));
  order.viewer = viewer.jkt;
  order.proof = viewer.proof;
  if (const std::string_view key = request.headers.get("Idempotency-Key"); !key.empty()) {
    SWARMA_RETURN_IF_ERROR(once::check_idempotency_key(key));
    order.idempotency = {std::string(key), "POST /v1/keys/request", viewer.jkt, digest};
  }
  return order;
}

Result<net::Response> render(const Result<Granted>& granted) {
  if (!granted) return std::unexpected(granted.error());
  return json_response(200, Json::object_t{{"grant", granted->grant}});
}

std::vector<Result<net::Response>> request_keys(Services& services, std::span<const net::Request* const> requests) {
  std::vector<Result<net::Response>> answers(requests.size());
  std::vector<KeyRequest> orders;
  std::vector<std::size_t> places;  // of the orders among the answers
  for (std::size_t i = 0; i < requests.size(); ++i) {
    auto order = read_order(services, *requests[i]);
    if (order && services.disk.is_full()) order = DiskReserve::full();
    if (order) {
      orders.push_back(*std::move(order));
      places.push_back(i);
    } else {
      answers[i] = std::unexpected(std::move(order).error());
    }
  }
  const auto granted = services.broker.request(orders);
  for (std::size_t i = 0; i < granted.size(); ++i) answers[places[i]] = render(granted[i]);
  return answers;
}

Result<net::Response> revoke(Services& services, const net::Request& request) {
  SWARMA_TRY(const Caller caller, authenticate_viewer(services, request));
  SWARMA_TRY(const Json body, parse_body(request));
  const JsonReader reader(body, "request");
  SWARMA_RETURN_IF_ERROR(reader.only({"unlock_id", "grant_id"}));
  if (reader.has("unlock_id") == reader.has("grant_id"))
    return fail(ErrorCode::BadRequest, "bad_member", "Name either \"unlock_id\" or \"grant_id\".");
  const access::attest::Revoker by{caller.jkt, is_owner(services, caller)};
  if (reader.has("unlock_id")) {
    SWARMA_TRY(const std::string id, reader.text("unlock_id", 64));
    SWARMA_RETURN_IF_ERROR(services.broker.revoke_unlock(id, by));
  } else {
    SWARMA_TRY(const std::string id, reader.text("grant_id", 128));
    SWARMA_RETURN_IF_ERROR(services.broker.revoke_grant(id, by));
  }
  return json_response(200, Json::object());
}

}  // namespace

void add_key_routes(Services& services, Routes& routes) {
  static constexpr std::size_t kMaxKeyRequest = 256 * 1024;  // sixteen attestations, or a grant, and room
  routes.push_back(
      {.method = "POST",
       .pattern = "/v1/keys/request",
       .where = where_sql(services),
       .max_body = kMaxKeyRequest,
       .group = answer_group(services, [&services](auto requests) { return request_keys(services, requests); })});
  routes.push_back(
      {.method = "POST",
       .pattern = "/v1/keys/revoke",
       .handler = answer_once(services, [&services](const net::Request& r) { return revoke(services, r); })});
}

}  // namespace swarma::api
