#include "api/routes/policies.h"

#include <nlohmann/json.hpp>

#include "access/policy/evaluate.h"
#include "access/policy/explain.h"
#include "api/problem.h"

namespace swarma::api {
namespace {

/// Whether these are facts at all, also while the policy they are about is not valid yet: against paths of their own.
Result<void> check_facts(const Json& facts) {
  Json paths = Json::array();
  if (const auto uses = facts.find("uses"); uses != facts.end() && uses->is_object())
    for (const auto& [path, use] : uses->items()) paths.push_back({{"id", path}});
  if (paths.empty()) paths.push_back({{"id", "none"}});
  const auto about = access::policy::parse_policy({{"version", 1}, {"paths", std::move(paths)}});
  if (about) SWARMA_RETURN_IF_ERROR(access::policy::parse_facts(facts, *about));
  return {};
}

Result<net::Response> explain(const PolicyRoutes& with, const Call& call) {
  SWARMA_TRY(const Json body, parse_body(call.request));
  const JsonReader reader(body, "request");
  SWARMA_RETURN_IF_ERROR(reader.only({"policy", "facts"}));
  SWARMA_TRY(const Json* policy, reader.object("policy"));
  Json facts = Json::object();
  if (reader.has("facts")) {
    SWARMA_TRY(const Json* given, reader.object("facts"));
    facts = *given;
    SWARMA_RETURN_IF_ERROR(check_facts(facts));
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
