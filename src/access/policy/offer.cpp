#include "access/policy/offer.h"

#include <nlohmann/json.hpp>

#include "access/policy/parser.h"

namespace swarma::access::policy {
namespace {

Json terms_json(const GrantTerms& terms, const TitleShape& shape) {
  const ResolvedTerms resolved = resolve(terms, shape);
  Json out = {
      {"slots", {resolved.slots.begin, resolved.slots.end}},
      {"key_groups", resolved.key_groups},
      {"window_slots", resolved.window_slots},
      {"ttl_s", terms.ttl.count()},
      {"unlock_s", terms.unlock_life.count()},
      {"count", terms.count},
      {"max_plays", terms.max_plays},
      {"cooldown_s", terms.cooldown.count()},
      {"geo", {{"allow", terms.geo.allow}, {"deny", terms.geo.deny}}},
      {"between",
       {{"from", terms.from.value_or(Instant()).unix_s()}, {"until", terms.until.value_or(Expiry()).unix_s()}}}};
  if (terms.pass)
    out["pass"] = {{"tier", terms.pass->tier},
                   {"life_s", terms.pass->life.count()},
                   {"titles", terms.pass->this_title_only ? "this" : "all"}};
  return out;
}

Json path_json(const Path& path, const TitleShape& shape, const std::function<bool(const Leaf&)>& available) {
  Json out = {
      {"id", path.id}, {"label", path.label}, {"open", path.open()}, {"grants", terms_json(path.grants, shape)}};
  if (path.requires_)
    out["requires"] = expression_json(*path.requires_, [&](std::size_t i) {
      const Leaf& leaf = path.leaves[i];
      Json json = {{"requirement", to_string(leaf.requirement)},
                   {"params", parse_json(leaf.params).value()},
                   {"key", leaf.key},
                   {"available", available(leaf)}};
      if (leaf.min_trust > 0) json["min_trust"] = leaf.min_trust;
      return json;
    });
  if (path.score) {
    Json weights = Json::object();
    for (const auto& [requirement, weight] : path.score->weights) weights[std::string(to_string(requirement))] = weight;
    out["score"] = {{"threshold", path.score->threshold}, {"weights", std::move(weights)}};
  }
  return out;
}

/// "available" of the leaves, in the order in which parse_expression numbers them.
Result<void> read_available(const Json& json, const std::vector<Leaf>& leaves, std::vector<OfferedLeaf>& out) {
  if (const auto list = json.find(json.contains("allOf") ? "allOf" : "anyOf"); list != json.end()) {
    for (const Json& child : *list) SWARMA_RETURN_IF_ERROR(read_available(child, leaves, out));
    return {};
  }
  const JsonReader reader(json, "offer");
  SWARMA_TRY(const std::string key, reader.text("key", 16));
  SWARMA_TRY(const bool available, reader.boolean_or("available", false));
  const Leaf& leaf = leaves[out.size()];
  if (key != leaf.key) return bad_policy("/requires", "a leaf's key does not belong to its requirement and parameters");
  out.push_back({leaf, available});
  return {};
}

Result<ResolvedTerms> read_terms(const Json& grants) {
  const JsonReader reader(grants, "offer");
  ResolvedTerms terms;
  SWARMA_TRY(const Json* slots, reader.array("slots", 2));
  const auto range = find_range(*slots, 1 << 20);
  if (!range) return bad_policy("/grants", "\"slots\" must be [begin, end]");
  terms.slots = {static_cast<Slot>(range->first), static_cast<Slot>(range->second)};
  SWARMA_TRY(const Json* groups, reader.array("key_groups", 16));
  for (const Json& group : *groups) {
    if (!group.is_string() || !is_slug(group.get_ref<const std::string&>()))
      return bad_policy("/grants", "a key group has a bad name");
    terms.key_groups.push_back(group.get<std::string>());
  }
  SWARMA_TRY(const std::int64_t window, reader.integer("window_slots", 1, 1 << 20));
  terms.window_slots = static_cast<Slot>(window);
  return terms;
}

Result<OfferedPath> read_path(const Json& json) {
  const JsonReader reader(json, "offer");
  OfferedPath path;
  SWARMA_TRY(path.id, reader.text("id", 32));
  if (!is_slug(path.id)) return bad_policy("/paths", "a path has a bad id");
  SWARMA_TRY(path.label, reader.text_or("label", 200, ""));
  if (reader.has("requires")) {
    SWARMA_TRY(const Json* expression, reader.object("requires"));
    std::vector<Leaf> leaves;
    SWARMA_TRY(path.requires_, parse_expression(*expression, "/requires", leaves, {"key", "available"}));
    SWARMA_RETURN_IF_ERROR(read_available(*expression, leaves, path.leaves));
  }
  if (reader.has("score")) {
    SWARMA_TRY(const Json* score, reader.object("score"));
    SWARMA_TRY(path.score, parse_score(*score, "/score"));
  }
  SWARMA_TRY(const Json* grants, reader.object("grants"));
  SWARMA_TRY(path.terms, read_terms(*grants));
  const JsonReader terms(*grants, "offer");
  SWARMA_TRY(path.ttl_s, terms.integer("ttl_s", 0, std::int64_t{1} << 40));
  SWARMA_TRY(path.unlock_s, terms.integer("unlock_s", 0, std::int64_t{1} << 40));
  return path;
}

}  // namespace

Json expression_json(const Expression& expression, const std::function<Json(std::size_t leaf)>& leaf_json) {
  if (expression.kind == Expression::Kind::Leaf) return leaf_json(expression.leaf);
  Json children = Json::array();
  for (const Expression& child : expression.children) children.push_back(expression_json(child, leaf_json));
  Json out = Json::object();
  out[expression.kind == Expression::Kind::AllOf ? "allOf" : "anyOf"] = std::move(children);
  return out;
}

Json offer_paths(const Policy& policy, const TitleShape& shape, const std::function<bool(const Leaf&)>& available) {
  Json paths = Json::array();
  for (const Path& path : policy.paths()) paths.push_back(path_json(path, shape, available));
  return paths;
}

Result<std::vector<OfferedPath>> parse_offer_paths(const Json& paths) {
  const auto bad = [](const std::string& message) {
    return fail(ErrorCode::Corrupt, "offer_bad", "The node's offer cannot be read. " + message);
  };
  if (!paths.is_array() || paths.size() > kMaxPaths) return bad("\"paths\" must be a list of at most 16.");
  std::vector<OfferedPath> out;
  for (const Json& json : paths) {
    auto path = read_path(json);
    if (!path) return bad(path.error().message);
    out.push_back(*std::move(path));
  }
  return out;
}

}  // namespace swarma::access::policy
