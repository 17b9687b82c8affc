// GET /v1/attestations/{id}, POST /v1/attestations/revoke, GET /v1/verifiers.
#include <nlohmann/json.hpp>

#include "api/auth.h"
#include "api/problem.h"
#include "api/routes.h"

namespace swarma::api {
namespace {

Result<net::Response> state(Services& services, const net::Request& request) {
  const std::string& id = request.path_params.front();
  SWARMA_TRY(const auto found, services.actions.state(id));
  return json_response(200, {{"attestation_id", id}, {"state", std::string(access::attest::to_string(found))}});
}

Result<net::Response> revoke(Services& services, const net::Request& request) {
  SWARMA_TRY(const Caller caller, authenticate_viewer(services, request));
  SWARMA_TRY(const Json body, parse_body(request));
  const JsonReader reader(body, "request");
  SWARMA_RETURN_IF_ERROR(reader.only({"attestation_id"}));
  SWARMA_TRY(const std::string id, reader.text("attestation_id", 64));
  SWARMA_RETURN_IF_ERROR(services.actions.revoke(id, {caller.jkt, is_owner(services, caller)}));
  return json_response(200, Json::object());
}

Result<net::Response> verifiers(Services& services, const net::Request&) {
  Json list = Json::array();
  for (const auto& verifier : services.actions.verifiers())
    list.push_back({{"issuer", verifier.issuer},
                    {"requirement", std::string(to_string(verifier.requirement))},
                    {"trust", verifier.trust},
                    {"calibration", verifier.calibration}});
  return json_response(200, {{"verifiers", std::move(list)}});
}

}  // namespace

void add_attestation_routes(Services& services, Routes& routes) {
  routes.push_back({.method = "GET",
                    .pattern = "/v1/attestations/{id}",
                    .where = where_sql(services),
                    .handler = answer(services, [&services](const net::Request& r) { return state(services, r); })});
  routes.push_back(
      {.method = "POST",
       .pattern = "/v1/attestations/revoke",
       .handler = answer_once(services, [&services](const net::Request& r) { return revoke(services, r); })});
  routes.push_back(
      {.method = "GET",
       .pattern = "/v1/verifiers",
       .where = net::Where::Inline,
       .handler = answer(services, [&services](const net::Request& r) { return verifiers(services, r); })});
}

}  // namespace swarma::api
