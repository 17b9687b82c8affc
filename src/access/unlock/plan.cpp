#include "access/unlock/plan.h"

#include <algorithm>
#include <map>
#include <set>

namespace swarma::access::unlock {
namespace {

using Keys = std::set<std::string>;

/// One path's leaves with what they cost.
class Planner {
 public:
  Planner(const policy::OfferedPath& path, const CostOf& cost_of) : path_(path) {
    for (const auto& leaf : path.leaves) {
      const auto cost = leaf.available ? cost_of(leaf) : std::nullopt;
      if (!cost) continue;
      // The same proof may be asked for several times; the strictest demand on trust decides nothing here.
      costs_.emplace(leaf.leaf.key, *cost);
      leaves_.emplace(leaf.leaf.key, leaf.leaf);
    }
  }

  std::optional<Keys> cheapest(const policy::Expression& expression) const {
    if (expression.kind == policy::Expression::Kind::Leaf) {
      const std::string& key = path_.leaves[expression.leaf].leaf.key;
      return costs_.contains(key) ? std::optional(Keys{key}) : std::nullopt;
    }
    std::optional<Keys> best;
    if (expression.kind == policy::Expression::Kind::AllOf) best = Keys{};
    for (const auto& child : expression.children) {
      auto keys = cheapest(child);
      if (expression.kind == policy::Expression::Kind::AllOf) {
        if (!keys) return std::nullopt;
        best->insert(keys->begin(), keys->end());
      } else if (keys && (!best || cost(*keys) < cost(*best))) {
        best = std::move(keys);
      }
    }
    return best;
  }

  /// Adds what is cheapest for its weight until the score is reached, taking trust 1 for granted.
  bool reach_score(Keys& keys) const {
    if (!path_.score) return true;
    std::vector<std::pair<double, std::string>> further;  // cost per weight
    double score = 0;
    for (const auto& [key, leaf] : leaves_) {
      const auto weight = path_.score->weights.find(leaf.requirement);
      if (weight == path_.score->weights.end() || weight->second <= 0) continue;
      if (keys.contains(key))
        score += weight->second;
      else
        further.emplace_back(costs_.at(key) / weight->second, key);
    }
    std::sort(further.begin(), further.end());
    for (const auto& [rate, key] : further) {
      if (score >= path_.score->threshold) break;
      keys.insert(key);
      score += path_.score->weights.at(leaves_.at(key).requirement);
    }
    return score >= path_.score->threshold;
  }

  double cost(const Keys& keys) const {
    double sum = 0;
    for (const std::string& key : keys) sum += costs_.at(key);
    return sum;
  }

  Plan plan(const Keys& keys) const {
    Plan plan{&path_, {}, cost(keys)};
    for (const std::string& key : keys) plan.leaves.push_back(leaves_.at(key));
    // Cheap ones first: a wrong code shows before a long puzzle is solved.
    std::sort(plan.leaves.begin(), plan.leaves.end(), [&](const auto& a, const auto& b) {
      return std::pair(costs_.at(a.key), a.key) < std::pair(costs_.at(b.key), b.key);
    });
    return plan;
  }

 private:
  const policy::OfferedPath& path_;
  std::map<std::string, double> costs_;
  std::map<std::string, policy::Leaf> leaves_;
};

}  // namespace

std::optional<Plan> plan_path(const policy::OfferedPath& path, const CostOf& cost_of) {
  const Planner planner(path, cost_of);
  Keys keys;
  if (path.requires_) {
    auto cheapest = planner.cheapest(*path.requires_);
    if (!cheapest) return std::nullopt;
    keys = *std::move(cheapest);
  }
  if (!planner.reach_score(keys)) return std::nullopt;
  return planner.plan(keys);
}

std::optional<Plan> choose_plan(const std::vector<policy::OfferedPath>& paths, Slot first_slot,
                                const std::string& wanted, const CostOf& cost_of) {
  std::optional<Plan> best;
  const auto rank = [&](const Plan& plan) {
    return std::tuple(plan.path->terms.slots.end - first_slot, plan.path->terms.key_groups.size(), -plan.cost);
  };
  for (const auto& path : paths) {
    if (!wanted.empty() && path.id != wanted) continue;
    if (!path.terms.slots.contains(first_slot) || path.terms.key_groups.empty()) continue;
    const auto plan = plan_path(path, cost_of);
    if (plan && (!best || rank(*plan) > rank(*best))) best = plan;
  }
  return best;
}

}  // namespace swarma::access::unlock
