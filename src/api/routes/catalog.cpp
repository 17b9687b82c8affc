#include "api/routes/catalog.h"

#include <nlohmann/json.hpp>
#include <set>

#include "api/problem.h"

namespace swarma::api {
namespace {

namespace policy = access::policy;

Json path_summary(const policy::Path& path, const policy::TitleShape& shape) {
  std::set<std::string> requirements;
  for (const policy::Leaf& leaf : path.leaves) requirements.emplace(to_string(leaf.requirement));
  const policy::ResolvedTerms terms = policy::resolve(path.grants, shape);
  return {{"path", path.id},
          {"label", path.label},
          {"open", path.open()},
          {"requirements", requirements},
          {"slots", {terms.slots.begin, terms.slots.end}},
          {"key_groups", terms.key_groups},
          {"description", policy::describe_path(path, shape)}};
}

Result<Json> entry(const CatalogRoutes& with, const catalog::registry::ListedTitle& stored) {
  const title::TitleRecord& r = stored.record;
  SWARMA_TRY(const auto prepared, with.titles.get(r.id));
  Json paths = Json::array();
  for (const policy::Path& path : prepared->policy.paths()) paths.push_back(path_summary(path, prepared->shape));
  Json out = {{"title_id", r.id.text()},
              {"revision", r.revision},
              {"name", r.name},
              {"language", r.language},
              {"summary", r.summary},
              {"tags", r.tags},
              {"slots", r.slots},
              {"duration_ms", r.duration_ms},
              {"created_at", r.created_at.unix_s()},
              {"creator", r.creator.text()},
              {"policy_summary", std::move(paths)}};
  if (r.poster) out["poster"] = r.poster->hex();
  return out;
}

Result<net::Response> search(const CatalogRoutes& with, const Call& call) {
  namespace registry = catalog::registry;
  SWARMA_TRY(const auto query, net::find_query(call.request.query, "q", 4 * registry::kMaxQueryCharacters));
  SWARMA_TRY(const auto cursor, net::find_query(call.request.query, "cursor", 256));
  SWARMA_TRY(const std::uint64_t limit, net::query_number(call.request.query, "limit", 1, registry::kMaxPageSize, 24));
  SWARMA_TRY(const auto page, with.registry.search(query.value_or(""), limit, cursor.value_or("")));
  Json titles = Json::array();
  for (const auto& stored : page.titles) {
    // A title that was taken away between the two reads is left out.
    if (auto described = entry(with, *stored))
      titles.push_back(*std::move(described));
    else if (described.error().code != ErrorCode::NotFound)
      return std::unexpected(described.error());
  }
  Json body = {{"titles", std::move(titles)}};
  if (!page.next.empty()) body["next"] = page.next;
  net::Response response = json_response(200, body);
  make_revalidated(response);
  return response;
}

}  // namespace

Table routes(const CatalogRoutes& with) {
  return {{.method = "GET", .pattern = "/v1/catalog/search", .runs = Runs::Sql, .handler = on(with, search)}};
}

}  // namespace swarma::api
