#include "api/routes/attestations.h"

#include <nlohmann/json.hpp>

#include "api/problem.h"

namespace swarma::api {
namespace {

Result<net::Response> state(const AttestationRoutes& with, const Call& call) {
  const std::string& id = call.request.path_params.front();
  SWARMA_TRY(const auto found, with.actions.state(id));
  return json_response(200, {{"attestation_id", id}, {"state", std::string(access::attest::to_string(found))}});
}

Result<net::Response> revoke(const AttestationRoutes& with, const Call& call) {
  SWARMA_TRY(const Json body, parse_body(call.request));
  const JsonReader reader(body, "request");
  SWARMA_RETURN_IF_ERROR(reader.only({"attestation_id"}));
  SWARMA_TRY(const std::string id, reader.text("attestation_id", 64));
  SWARMA_RETURN_IF_ERROR(with.actions.revoke(id, {call.caller.jkt, call.caller.is_owner}));
  return json_response(200, Json::object());
}

}  // namespace

Table routes(const AttestationRoutes& with) {
  return {{.method = "GET", .pattern = "/v1/attestations/{id}", .runs = Runs::Sql, .handler = on(with, state)},
          {.method = "POST",
           .pattern = "/v1/attestations/revoke",
           .auth = Auth::Viewer,
           .repeatable = true,
           .handler = on(with, revoke)}};
}

}  // namespace swarma::api
