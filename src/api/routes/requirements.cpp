#include "api/routes/requirements.h"

#include <nlohmann/json.hpp>

#include "access/policy/offer.h"
#include "api/problem.h"

namespace swarma::api {
namespace {

Result<net::Response> offer(const RequirementRoutes& with, const Call& call) {
  SWARMA_TRY(const Json body, parse_body(call.request));
  const JsonReader reader(body, "request");
  SWARMA_RETURN_IF_ERROR(reader.only({"title_id"}));
  SWARMA_TRY(const std::string text, reader.text("title_id", 26));
  SWARMA_TRY(const TitleId id, TitleId::parse(text));
  SWARMA_TRY(const auto title, with.titles.get(id));
  const auto available = [&with](const access::policy::Leaf& leaf) { return with.actions.available(leaf); };
  return json_response(200, {{"title_id", text},
                             {"revision", title->record.revision},
                             {"policy_hash", title->policy_hash},
                             {"slots", title->record.slots},
                             {"duration_ms", title->record.duration_ms},
                             {"agent", with.agents.is_here(title->record.agent) ? "here" : "away"},
                             {"paths", access::policy::offer_paths(title->policy, title->shape, available)}});
}

}  // namespace

Table routes(const RequirementRoutes& with) {
  return {{.method = "POST", .pattern = "/v1/requirements/offer", .runs = Runs::Sql, .handler = on(with, offer)}};
}

}  // namespace swarma::api
