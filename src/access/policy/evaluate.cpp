#include "access/policy/evaluate.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace swarma::access::policy {
namespace {

/// What the proofs say about one leaf.
struct Standing {
  bool met = false;
  double trust = 0;             // the best accepted one
  std::optional<Expiry> until;  // of that one
  std::string_view reason;      // when not met
};

bool lasts_longer(const Proof& proof, const Standing& standing) {
  return standing.until && (!proof.until || *proof.until > *standing.until);
}

Standing standing_of(const Leaf& leaf, const Policy& policy, const Facts& facts) {
  Standing best;
  bool accepted = false, refused = false;
  for (const Proof& proof : facts.proofs) {
    if (proof.key != leaf.key) continue;
    if (policy.accepts_issuer(proof.issuer, facts.default_issuers)) {
      const bool better =
          !accepted || proof.trust > best.trust || (proof.trust == best.trust && lasts_longer(proof, best));
      accepted = true;
      if (!better) continue;
      best.trust = proof.trust;
      best.until = proof.until;
    } else {
      refused = true;
    }
  }
  best.met = accepted && best.trust >= leaf.min_trust;
  best.reason = accepted ? "trust_too_low" : refused ? "issuer_not_trusted" : "not_proven";
  return best;
}

std::string how_of(const Leaf& leaf, const Standing& standing, bool alternative) {
  std::string text = describe_leaf(leaf);
  if (standing.reason == "trust_too_low")
    text += " What was shown is trusted " + Json(standing.trust).dump() + "; " + Json(leaf.min_trust).dump() +
            " is needed.";
  if (standing.reason == "issuer_not_trusted")
    text += " What was shown comes from a verifier this title does not accept.";
  if (alternative) text += " (One of several ways.)";
  return text;
}

/// Walks one path's expression over the standing of its leaves.
class Walk {
 public:
  Walk(const Policy& policy, const Path& path, const Facts& facts) : path_(path) {
    standings_.reserve(path.leaves.size());
    for (const Leaf& leaf : path.leaves) standings_.push_back(standing_of(leaf, policy, facts));
  }

  bool holds(const Expression& expression) const {
    switch (expression.kind) {
      case Expression::Kind::Leaf:
        return standings_[expression.leaf].met;
      case Expression::Kind::AllOf:
        return std::all_of(expression.children.begin(), expression.children.end(),
                           [&](const auto& c) { return holds(c); });
      case Expression::Kind::AnyOf:
        return std::any_of(expression.children.begin(), expression.children.end(),
                           [&](const auto& c) { return holds(c); });
    }
    return false;
  }

  /// Every leaf whose failing keeps `expression` from holding.
  void collect(const Expression& expression, bool alternative, std::vector<Unmet>& out) {
    if (holds(expression)) return;
    if (expression.kind == Expression::Kind::Leaf) {
      const Leaf& leaf = path_.leaves[expression.leaf];
      const Standing& standing = standings_[expression.leaf];
      add(leaf, std::string(standing.reason), how_of(leaf, standing, alternative), out);
      return;
    }
    const bool any = expression.kind == Expression::Kind::AnyOf && expression.children.size() > 1;
    for (const Expression& child : expression.children) collect(child, alternative || any, out);
  }

  double score() const {
    double sum = 0;
    each_weight([&](const Leaf&, const Standing& standing, double weight) {
      if (standing.met) sum += weight * standing.trust;
    });
    return sum;
  }

  /// Leaves that would raise the score.
  void collect_score(double reached, std::vector<Unmet>& out) {
    each_weight([&](const Leaf& leaf, const Standing& standing, double weight) {
      if (weight <= 0 || (standing.met && standing.trust >= 1)) return;
      add(leaf, "score_too_low",
          describe_leaf(leaf) + " It adds up to " + Json(weight).dump() + " to the score, which is " +
              Json(reached).dump() + " of " + Json(path_.score->threshold).dump() + ".",
          out);
    });
  }

  /// When the first of the met leaves ends.
  std::optional<Expiry> until() const {
    std::optional<Expiry> first;
    for (const Standing& standing : standings_)
      if (standing.met && standing.until && (!first || *standing.until < *first)) first = standing.until;
    return first;
  }

  std::vector<std::string> used() const {
    std::set<std::string> keys;
    for (std::size_t i = 0; i < path_.leaves.size(); ++i)
      if (standings_[i].met) keys.insert(path_.leaves[i].key);
    return {keys.begin(), keys.end()};
  }

 private:
  /// Once per distinct key, the leaf that is met first: the same proof never counts twice.
  template <class F>
  void each_weight(F&& visit) const {
    std::set<std::string_view> seen;
    for (const bool met : {true, false})
      for (std::size_t i = 0; i < path_.leaves.size(); ++i) {
        if (standings_[i].met != met) continue;
        const auto weight = path_.score->weights.find(path_.leaves[i].requirement);
        if (weight == path_.score->weights.end() || !seen.insert(path_.leaves[i].key).second) continue;
        visit(path_.leaves[i], standings_[i], weight->second);
      }
  }

  void add(const Leaf& leaf, std::string reason, std::string how, std::vector<Unmet>& out) {
    if (!named_.insert(leaf.key).second) return;
    out.push_back({path_.id, leaf.key, std::string(to_string(leaf.requirement)), std::move(reason), std::move(how)});
  }

  const Path& path_;
  std::vector<Standing> standings_;
  std::set<std::string_view> named_;
};

void check_place_and_time(const Path& path, const Facts& facts, const ResolvedTerms& terms, std::vector<Unmet>& out) {
  const auto add = [&](std::string reason, std::string how) {
    out.push_back({path.id, "", "", std::move(reason), std::move(how)});
  };
  const Geo& geo = path.grants.geo;
  const auto has = [&](const std::vector<std::string>& list) {
    return std::find(list.begin(), list.end(), *facts.country) != list.end();
  };
  if (!geo.allow.empty() || !geo.deny.empty()) {
    if (!facts.country)
      add("country_unknown", "This way depends on the country you are in, which the node cannot tell.");
    else if (has(geo.deny) || (!geo.allow.empty() && !has(geo.allow)))
      add("country_denied", "This way is not offered in " + *facts.country + ".");
  }
  if (const auto from = path.grants.from; from && facts.now < *from)
    add("too_early", "Come back in " + std::to_string((*from - facts.now).count()) + " seconds: it is not open yet.");
  if (path.grants.until && path.grants.until->has_passed(facts.now))
    add("too_late", "This way has closed; choose another.");
  if (!path.grants.pass && (terms.slots.empty() || terms.key_groups.empty()))
    add("opens_nothing", "This way opens nothing of this film; choose another.");
}

void check_counts(const Path& path, const Facts& facts, std::vector<Unmet>& out) {
  const auto use = facts.uses.find(path.id);
  if (use == facts.uses.end() || use->second.unlocks == 0) return;
  const auto add = [&](std::string reason, std::string how, std::optional<std::chrono::seconds> wait = {}) {
    out.push_back({path.id, "", "", std::move(reason), std::move(how), wait});
  };
  if (path.grants.max_plays > 0 && use->second.unlocks >= path.grants.max_plays)
    add("max_plays", "This way can be used " + std::to_string(path.grants.max_plays) +
                         " times and you have used them all; choose another.");
  const Expiry rest(use->second.last_unlock, path.grants.cooldown);
  if (path.grants.cooldown.count() > 0 && !rest.has_passed(facts.now))
    add("cooldown",
        "Wait " + std::to_string(rest.left(facts.now).count()) + " seconds before unlocking this way again.",
        rest.left(facts.now));
}

}  // namespace

PathDecision evaluate_path(const Policy& policy, const Path& path, const Facts& facts) {
  PathDecision decision;
  decision.path = path.id;
  decision.terms = resolve(path.grants, facts.title);
  if (path.requires_) {
    Walk walk(policy, path, facts);
    walk.collect(*path.requires_, false, decision.unmet);
    if (path.score) {
      decision.score = walk.score();
      if (decision.score < path.score->threshold) walk.collect_score(decision.score, decision.unmet);
    }
    decision.used = walk.used();
    decision.until = walk.until();
  }
  check_place_and_time(path, facts, decision.terms, decision.unmet);
  check_counts(path, facts, decision.unmet);
  decision.met = decision.unmet.empty();
  return decision;
}

std::vector<PathDecision> evaluate(const Policy& policy, const Facts& facts) {
  std::vector<PathDecision> decisions;
  for (const Path& path : policy.paths()) decisions.push_back(evaluate_path(policy, path, facts));
  return decisions;
}

PathDecision evaluate_roll_on(const Path& path, const Facts& facts) {
  PathDecision decision;
  decision.path = path.id;
  decision.terms = resolve(path.grants, facts.title);
  check_place_and_time(path, facts, decision.terms, decision.unmet);
  decision.met = decision.unmet.empty();
  return decision;
}

Json unmet_json(const std::vector<Unmet>& unmet) {
  Json list = Json::array();
  for (const Unmet& item : unmet) {
    Json entry = {{"path", item.path},
                  {"key", item.key},
                  {"requirement", item.requirement},
                  {"reason", item.reason},
                  {"how", item.how}};
    if (item.retry_after) entry["retry_after_s"] = item.retry_after->count();
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace swarma::access::policy
