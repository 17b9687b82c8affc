// Inside access/unlock: which of the offered paths to take, and by meeting which leaves. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "access/policy/offer.h"

namespace swarma::access::unlock {

/// What meeting a leaf costs this viewer; nothing: cannot.
using CostOf = std::function<std::optional<double>(const policy::OfferedLeaf&)>;

struct Plan {
  const policy::OfferedPath* path = nullptr;
  std::vector<policy::Leaf> leaves;  // to be met, each key once
  double cost = 0;
};

/// The cheapest way to meet one path, if there is one.
std::optional<Plan> plan_path(const policy::OfferedPath& path, const CostOf& cost_of);

/// Among the paths that open `first_slot` (or only the one called `wanted`): most slots from there on, then most key
/// groups, then least cost. Nothing when none can be met.
std::optional<Plan> choose_plan(const std::vector<policy::OfferedPath>& paths, Slot first_slot,
                                const std::string& wanted, const CostOf& cost_of);

}  // namespace swarma::access::unlock
