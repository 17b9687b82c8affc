// What a viewer is shown: the paths of a policy with leaf keys and terms resolved to slots. Pure.
#pragma once

#include <functional>

#include "access/policy/policy.h"

namespace swarma::access::policy {

/// The "paths" array of requirements/offer. `available` says whether somebody can verify this leaf.
Json offer_paths(const Policy& policy, const TitleShape& shape, const std::function<bool(const Leaf&)>& available);

/// Reads such an array back (the client's side). Every path comes back with leaves, expression and resolved terms.
struct OfferedLeaf {
  Leaf leaf;
  bool available = false;
};
struct OfferedPath {
  std::string id, label;
  std::vector<OfferedLeaf> leaves;
  std::optional<Expression> requires_;
  std::optional<Score> score;
  ResolvedTerms terms;
  std::int64_t ttl_s = 0, unlock_s = 0;
  bool open() const { return !requires_; }
};
Result<std::vector<OfferedPath>> parse_offer_paths(const Json& paths);

}  // namespace swarma::access::policy
