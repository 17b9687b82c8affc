// POST /v1/requirements/offer: every way to unlock a title.
#include <nlohmann/json.hpp>

#include "access/policy/offer.h"
#include "api/problem.h"
#include "api/routes.h"

namespace swarma::api {
namespace {

Result<net::Response> offer(Services& services, const net::Request& request) {
  SWARMA_TRY(const Json body, parse_body(request));
  const JsonReader reader(body, "request");
  SWARMA_RETURN_IF_ERROR(reader.only({"title_id"}));
  SWARMA_TRY(const std::string text, reader.text("title_id", 26));
  SWARMA_TRY(const TitleId id, TitleId::parse(text));
  SWARMA_TRY(const auto title, services.titles.get(id));
  const auto available = [&services](const access::policy::Leaf& leaf) { return services.actions.available(leaf); };
  return json_response(200, {{"title_id", text},
                             {"revision", title->record.revision},
                             {"policy_hash", title->policy_hash},
                             {"slots", title->record.slots},
                             {"duration_ms", title->record.duration_ms},
                             {"paths", access::policy::offer_paths(title->policy, title->shape, available)}});
}

}  // namespace

void add_requirement_routes(Services& services, Routes& routes) {
  routes.push_back({.method = "POST",
                    .pattern = "/v1/requirements/offer",
                    .where = where_sql(services),
                    .handler = answer(services, [&services](const net::Request& r) { return offer(services, r); })});
}

}  // namespace swarma::api
