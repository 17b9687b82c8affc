#include "api/routes/policies.h"

#include <nlohmann/json.hpp>

#include "access/policy/explain.h"
#include "api/problem.h"

namespace swarma::api {
namespace {

Result<net::Response> explain(const PolicyRoutes& with, const Call& call) {
  SWARMA_TRY(const Json body, parse_body(call.request));
  const JsonReader reader(body, "request");
  SWARMA_RETURN_IF_ERROR(reader.only({"policy", "facts"}));
  SWARMA_TRY(const Json* policy, reader.object("policy"));
  Json facts = Json::object();
  if (reader.has("facts")) {
    SWARMA_TRY(const Json* given, reader.object("facts"));
    facts = *given;
  }
  const auto is_verifiable = [&with](const access::policy::Leaf& leaf) { return with.actions.available(leaf); };
  SWARMA_TRY(const Json said,
             access::policy::explain(*policy, std::move(facts), {with.clock.now(), with.issuer, is_verifiable}));
  return json_response(200, said);
}

}  // namespace

Table routes(const PolicyRoutes& with) {
  return {{.method = "POST",
           .pattern = "/v1/policies/explain",
           .auth = Auth::Creator,
           .runs = Runs::Sql,
           .handler = on(with, explain)}};
}

}  // namespace swarma::api
