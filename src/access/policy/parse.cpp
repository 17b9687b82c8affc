#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "access/policy/parser.h"
#include "access/policy/policy.h"

namespace swarma::access::policy {
namespace {

constexpr std::size_t kMaxPolicyBytes = 8 * 1024;
constexpr std::int64_t kMaxFilmSeconds = 10'000'000;
constexpr std::chrono::days kMaxTtl{30};  // a grant cannot be called back: it has to end by itself
constexpr std::chrono::seconds kMinTtl{30};
constexpr std::chrono::days kMaxUnlockLife{10 * 366};
constexpr std::int64_t kMaxCount = 1'000'000;

JsonReader reader_at(const Json& json, const std::string& at) {
  return JsonReader(json, "policy at " + (at.empty() ? "/" : at));
}

Result<std::vector<std::string>> texts(const JsonReader& reader, const char* name, std::size_t max,
                                       const std::string& at, std::string_view what,
                                       const std::function<bool(std::string_view)>& is_good) {
  std::vector<std::string> out;
  if (!reader.has(name)) return out;
  SWARMA_TRY(const Json* list, reader.array(name, max));
  for (const Json& item : *list) {
    if (!item.is_string() || !is_good(item.get_ref<const std::string&>()))
      return bad_policy(at + "/" + name, "each item must be " + std::string(what));
    if (std::find(out.begin(), out.end(), item.get_ref<const std::string&>()) != out.end())
      return bad_policy(at + "/" + name, "“" + item.get<std::string>() + "” appears twice");
    out.push_back(item.get<std::string>());
  }
  return out;
}

bool is_country(std::string_view text) {
  return text.size() == 2 && std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool is_did(std::string_view text) {
  return text.starts_with("did:") && text.size() > 8 && text.size() <= 128;
}

/// "slots":[a,b) or "seconds":[a,b).
Result<std::optional<std::pair<std::int64_t, std::int64_t>>> range(const JsonReader& reader, const char* name,
                                                                   std::int64_t max, const std::string& at) {
  if (!reader.has(name)) return std::nullopt;
  SWARMA_TRY(const Json* pair, reader.array(name, 2));
  const auto found = find_range(*pair, max);
  if (!found || found->first == found->second)
    return bad_policy(at + "/" + name, "expected [begin, end] with 0 ≤ begin < end ≤ " + std::to_string(max));
  return found;
}

Result<Geo> parse_geo(const Json& json, const std::string& at) {
  const JsonReader reader = reader_at(json, at);
  SWARMA_RETURN_IF_ERROR(reader.only({"allow", "deny"}));
  Geo geo;
  SWARMA_TRY(geo.allow, texts(reader, "allow", 250, at, "a country as two capital letters (ISO 3166-1)", is_country));
  SWARMA_TRY(geo.deny, texts(reader, "deny", 250, at, "a country as two capital letters (ISO 3166-1)", is_country));
  const auto denied = [&](const std::string& country) {
    return std::find(geo.deny.begin(), geo.deny.end(), country) != geo.deny.end();
  };
  if (!geo.allow.empty() && std::all_of(geo.allow.begin(), geo.allow.end(), denied))
    return bad_policy(at, "every allowed country is denied too, so nobody could ever meet it");
  return geo;
}

Result<void> parse_limits(const JsonReader& reader, const std::string& at, GrantTerms& terms) {
  SWARMA_TRY(terms.ttl, reader.seconds_or("ttl_s", kMinTtl, kMaxTtl, terms.ttl));
  SWARMA_TRY(terms.unlock_life,
             reader.seconds_or("unlock_s", kMinTtl, kMaxUnlockLife, std::max(terms.unlock_life, terms.ttl)));
  if (terms.unlock_life < terms.ttl) return bad_policy(at, "\"unlock_s\" must not be less than \"ttl_s\"");
  SWARMA_TRY(terms.window_s, reader.integer_or("window_s", 0, kMaxFilmSeconds, 0));
  SWARMA_TRY(terms.count, reader.integer_or("count", 0, kMaxCount, 0));
  SWARMA_TRY(terms.max_plays, reader.integer_or("max_plays", 0, kMaxCount, 0));
  SWARMA_TRY(terms.cooldown, reader.seconds_or("cooldown_s", {}, kMaxUnlockLife, {}));
  return {};
}

Result<PassTerms> parse_pass(const Json& json, const std::string& at) {
  const JsonReader reader = reader_at(json, at);
  SWARMA_RETURN_IF_ERROR(reader.only({"tier", "life_s", "titles"}));
  PassTerms pass;
  SWARMA_TRY(pass.tier, reader.text("tier", 32));
  if (!is_slug(pass.tier)) return bad_policy(at, "\"tier\" must be 1 to 32 of a-z, 0-9, \"_\", \"-\"");
  SWARMA_TRY(pass.life, reader.seconds_or("life_s", kMinTtl, kMaxUnlockLife, std::chrono::days(31)));
  SWARMA_TRY(const std::string titles, reader.text_or("titles", 8, "all"));
  if (titles != "all" && titles != "this") return bad_policy(at, "\"titles\" must be \"all\" or \"this\"");
  pass.this_title_only = titles == "this";
  return pass;
}

/// Slots, or a pass.
Result<void> parse_given(const JsonReader& reader, const std::string& at, GrantTerms& terms) {
  if (reader.has("pass")) {
    SWARMA_RETURN_IF_ERROR(reader.only({"pass", "max_plays", "cooldown_s", "geo", "between"}));
    SWARMA_TRY(const Json* pass, reader.object("pass"));
    SWARMA_TRY(terms.pass, parse_pass(*pass, at + "/pass"));
    return {};
  }
  SWARMA_RETURN_IF_ERROR(reader.only({"slots", "seconds", "key_groups", "ttl_s", "unlock_s", "window_s", "count",
                                      "max_plays", "cooldown_s", "geo", "between"}));
  SWARMA_TRY(const auto slots, range(reader, "slots", 1 << 20, at));
  SWARMA_TRY(terms.seconds, range(reader, "seconds", kMaxFilmSeconds, at));
  if (slots && terms.seconds) return bad_policy(at, "give \"slots\" or \"seconds\", not both");
  if (slots) terms.slots = SlotRange{static_cast<Slot>(slots->first), static_cast<Slot>(slots->second)};
  SWARMA_TRY(terms.key_groups,
             texts(reader, "key_groups", 16, at, "a key group (1 to 32 of a-z, 0-9, \"_\", \"-\")", is_slug));
  return {};
}

Result<GrantTerms> parse_terms(const Json& json, const std::string& at) {
  const JsonReader reader = reader_at(json, at);
  GrantTerms terms;
  SWARMA_RETURN_IF_ERROR(parse_given(reader, at, terms));
  SWARMA_RETURN_IF_ERROR(parse_limits(reader, at, terms));
  if (reader.has("geo")) {
    SWARMA_TRY(const Json* geo, reader.object("geo"));
    SWARMA_TRY(terms.geo, parse_geo(*geo, at + "/geo"));
  }
  if (reader.has("between")) {
    SWARMA_TRY(const Json* between, reader.object("between"));
    const JsonReader times = reader_at(*between, at + "/between");
    SWARMA_RETURN_IF_ERROR(times.only({"from", "until"}));
    // 0 says "no bound", as an offer does.
    if (times.has("from")) {
      SWARMA_TRY(const Instant from, times.instant("from"));
      if (from != Instant()) terms.from = from;
    }
    if (times.has("until")) {
      SWARMA_TRY(const Expiry until, times.expiry("until"));
      if (until != Expiry()) terms.until = until;
    }
    if (terms.until && terms.until->has_passed(terms.from.value_or(Instant())))
      return bad_policy(at + "/between", "\"until\" must be after \"from\"");
  }
  return terms;
}

Result<Leaf> parse_leaf(const Json& json, const std::string& at, std::initializer_list<std::string_view> further) {
  const JsonReader reader = reader_at(json, at);
  for (const auto& [name, value] : json.items())
    if (name != "requirement" && name != "params" && name != "min_trust" &&
        std::find(further.begin(), further.end(), name) == further.end())
      return bad_policy(at, "there is an unknown member \"" + name + "\"");
  SWARMA_TRY(const std::string name, reader.text("requirement", 32));
  const auto requirement = find_requirement(name);
  if (!requirement)
    return bad_policy(
        at,
        "\"requirement\" must be one of goodwill_ack, puzzle_solve, email_verify, social_like, crypto_payment, "
        "watch_ad, allowlist_token, age_over");
  Leaf leaf;
  leaf.requirement = *requirement;
  const Json none = Json::object();
  const Json* params = &none;
  if (reader.has("params")) {
    SWARMA_TRY(params, reader.object("params"));
  }
  SWARMA_RETURN_IF_ERROR(check_params(*requirement, *params, at + "/params"));
  SWARMA_TRY(leaf.params, canonical_json(*params));
  if (reader.has("min_trust")) {
    SWARMA_TRY(leaf.min_trust, reader.number("min_trust", 0, 1));
  }
  leaf.key = leaf_key(leaf.requirement, leaf.params);
  return leaf;
}

Result<Expression> expression_at(const Json& json, const std::string& at, std::size_t depth, std::vector<Leaf>& leaves,
                                 std::initializer_list<std::string_view> further) {
  if (depth > kMaxDepth)
    return bad_policy(at, "the expression is nested more than " + std::to_string(kMaxDepth) + " deep");
  SWARMA_RETURN_IF_ERROR(reader_at(json, at).expect_object());
  Expression expression;
  const bool all = json.contains("allOf"), any = json.contains("anyOf");
  if (!all && !any) {
    if (leaves.size() >= kMaxLeaves)
      return bad_policy(at, "there are more than " + std::to_string(kMaxLeaves) + " requirements");
    SWARMA_TRY(Leaf leaf, parse_leaf(json, at, further));
    expression.leaf = leaves.size();
    leaves.push_back(std::move(leaf));
    return expression;
  }
  if (json.size() != 1) return bad_policy(at, "\"allOf\" or \"anyOf\" must stand alone");
  const char* name = all ? "allOf" : "anyOf";
  expression.kind = all ? Expression::Kind::AllOf : Expression::Kind::AnyOf;
  SWARMA_TRY(const Json* list, reader_at(json, at).array(name, kMaxLeaves));
  if (list->empty()) return bad_policy(at, std::string("\"") + name + "\" must not be empty");
  for (std::size_t i = 0; i < list->size(); ++i) {
    SWARMA_TRY(Expression child,
               expression_at((*list)[i], at + "/" + name + "/" + std::to_string(i), depth + 1, leaves, further));
    expression.children.push_back(std::move(child));
  }
  return expression;
}

/// A score nobody can reach is a mistake of the policy's author.
Result<void> check_reachable(const Path& path, const std::string& at) {
  std::set<std::string_view> seen;
  double most = 0;
  for (const Leaf& leaf : path.leaves) {
    const auto weight = path.score->weights.find(leaf.requirement);
    if (weight != path.score->weights.end() && seen.insert(leaf.key).second) most += weight->second;
  }
  if (most < path.score->threshold)
    return bad_policy(at, "the requirements of this path give at most " + Json(most).dump() + ", below the threshold");
  return {};
}

}  // namespace

Result<Expression> parse_expression(const Json& json, const std::string& at, std::vector<Leaf>& leaves,
                                    std::initializer_list<std::string_view> further_leaf_members) {
  return expression_at(json, at, 1, leaves, further_leaf_members);
}

Result<Score> parse_score(const Json& json, const std::string& at) {
  const JsonReader reader = reader_at(json, at);
  SWARMA_RETURN_IF_ERROR(reader.only({"threshold", "weights"}));
  Score score;
  SWARMA_TRY(score.threshold, reader.number("threshold", 0, 1'000'000));
  if (score.threshold <= 0) return bad_policy(at, "\"threshold\" must be above zero");
  SWARMA_TRY(const Json* weights, reader.object("weights"));
  for (const auto& [name, value] : weights->items()) {
    const auto requirement = find_requirement(name);
    if (!requirement) return bad_policy(at + "/weights", "\"" + name + "\" is no requirement");
    if (!value.is_number() || !(value.get<double>() >= 0 && value.get<double>() <= 1'000))
      return bad_policy(at + "/weights", "\"" + name + "\" must be a number from 0 to 1000");
    score.weights[*requirement] = value.get<double>();
  }
  return score;
}

class PolicyParser {
 public:
  Result<Policy> parse(const Json& json) {
    const JsonReader reader = reader_at(json, "");
    SWARMA_RETURN_IF_ERROR(reader.only({"version", "paths", "issuers"}));
    SWARMA_RETURN_IF_ERROR(reader.integer("version", 1, 1));
    SWARMA_TRY(const Json* paths, reader.array("paths", kMaxPaths));
    if (paths->empty()) return bad_policy("/paths", "there must be at least one path");
    for (std::size_t i = 0; i < paths->size(); ++i) {
      SWARMA_TRY(Path path, parse_path((*paths)[i], "/paths/" + std::to_string(i)));
      policy_.paths_.push_back(std::move(path));
    }
    if (reader.has("issuers")) {
      SWARMA_TRY(const Json* issuers, reader.object("issuers"));
      const JsonReader lists = reader_at(*issuers, "/issuers");
      SWARMA_RETURN_IF_ERROR(lists.only({"allow", "deny"}));
      SWARMA_TRY(policy_.allowed_issuers_, texts(lists, "allow", kMaxIssuers, "/issuers", "a DID", is_did));
      SWARMA_TRY(policy_.denied_issuers_, texts(lists, "deny", kMaxIssuers, "/issuers", "a DID", is_did));
    }
    SWARMA_TRY(policy_.canonical_, canonical_json(json));
    if (policy_.canonical_.size() > kMaxPolicyBytes)
      return bad_policy("", "the policy must not be longer than " + std::to_string(kMaxPolicyBytes) + " bytes");
    return std::move(policy_);
  }

 private:
  Result<Path> parse_path(const Json& json, const std::string& at) {
    const JsonReader reader = reader_at(json, at);
    SWARMA_RETURN_IF_ERROR(reader.only({"id", "label", "requires", "score", "grants"}));
    Path path;
    SWARMA_TRY(path.id, reader.text("id", 32));
    if (!is_slug(path.id)) return bad_policy(at, "\"id\" must be 1 to 32 of a-z, 0-9, \"_\", \"-\"");
    if (policy_.find_path(path.id) != nullptr) return bad_policy(at, "the id \"" + path.id + "\" appears twice");
    SWARMA_TRY(path.label, reader.text_or("label", 200, ""));
    if (reader.has("requires")) {
      SWARMA_TRY(const Json* expression, reader.object("requires"));
      SWARMA_TRY(path.requires_, parse_expression(*expression, at + "/requires", path.leaves));
      leaves_ += path.leaves.size();
      if (leaves_ > kMaxLeaves)
        return bad_policy(at, "the policy has more than " + std::to_string(kMaxLeaves) + " requirements");
    }
    if (reader.has("score")) {
      if (!path.requires_) return bad_policy(at, "a \"score\" needs \"requires\"");
      SWARMA_TRY(const Json* score, reader.object("score"));
      SWARMA_TRY(path.score, parse_score(*score, at + "/score"));
      SWARMA_RETURN_IF_ERROR(check_reachable(path, at + "/score"));
    }
    if (reader.has("grants")) {
      SWARMA_TRY(const Json* grants, reader.object("grants"));
      SWARMA_TRY(path.grants, parse_terms(*grants, at + "/grants"));
    }
    return path;
  }

  Policy policy_;
  std::size_t leaves_ = 0;
};

Result<Policy> parse_policy(const Json& json) {
  auto policy = PolicyParser().parse(json);
  if (!policy) return fail(ErrorCode::BadRequest, "policy_invalid", policy.error().message);
  return policy;
}

Result<Policy> parse_policy_text(std::string_view json) {
  if (json.size() > 2 * kMaxPolicyBytes) return bad_policy("", "the policy is longer than a title record can hold");
  auto parsed = parse_json(json);
  if (!parsed)
    return fail(ErrorCode::BadRequest, "policy_invalid", "The policy cannot be read. " + parsed.error().message);
  return parse_policy(*parsed);
}

const Path* Policy::find_path(std::string_view id) const {
  for (const Path& path : paths_)
    if (path.id == id) return &path;
  return nullptr;
}

const Leaf* Policy::find_leaf(std::string_view key) const {
  for (const Path& path : paths_)
    for (const Leaf& leaf : path.leaves)
      if (leaf.key == key) return &leaf;
  return nullptr;
}

bool Policy::accepts_issuer(std::string_view did, const std::vector<std::string>& defaults) const {
  const auto has = [&](const std::vector<std::string>& list) {
    return std::find(list.begin(), list.end(), did) != list.end();
  };
  if (has(denied_issuers_)) return false;
  return allowed_issuers_.empty() ? has(defaults) : has(allowed_issuers_);
}

}  // namespace swarma::access::policy
