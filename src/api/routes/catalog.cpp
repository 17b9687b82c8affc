// GET /v1/catalog/search.
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

#include "api/problem.h"
#include "api/routes.h"

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

Result<Json> entry(Services& services, const catalog::registry::StoredTitle& stored) {
  const title::TitleRecord& r = stored.record;
  SWARMA_TRY(const auto prepared, services.titles.get(r.id));
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

Result<net::Response> search(Services& services, const net::Request& request) {
  const std::string query = net::find_query(request.query, "q").value_or("");
  const std::string cursor = net::find_query(request.query, "cursor").value_or("");
  std::size_t limit = 24;
  if (const auto text = net::find_query(request.query, "limit")) {
    const auto parsed = std::from_chars(text->data(), text->data() + text->size(), limit);
    if (text->empty() || parsed.ptr != text->data() + text->size() || limit < 1 ||
        limit > catalog::registry::kMaxPageSize)
      return fail(ErrorCode::BadRequest, "bad_query", "limit must be a number from 1 to 100.");
  }
  SWARMA_TRY(const auto page, services.registry.search(query, limit, cursor));
  Json titles = Json::array();
  for (const auto& stored : page.titles) {
    // A title that was taken away between the two reads is left out.
    if (auto described = entry(services, *stored))
      titles.push_back(*std::move(described));
    else if (described.error().code != ErrorCode::NotFound)
      return std::unexpected(described.error());
  }
  Json body = {{"titles", std::move(titles)}};
  if (!page.next.empty()) body["next"] = page.next;
  net::Response response = json_response(200, body);
  response.headers.set("Cache-Control", "no-cache");
  return response;
}

}  // namespace

void add_catalog_routes(Services& services, Routes& routes) {
  routes.push_back({.method = "GET",
                    .pattern = "/v1/catalog/search",
                    .where = where_sql(services),
                    .handler = answer(services, [&services](const net::Request& r) { return search(services, r); })});
}

}  // namespace swarma::api
