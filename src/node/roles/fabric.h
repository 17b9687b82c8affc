// The fabric: which titles there are, what they ask for, and the keys for those who meet it.
#pragma once

#include "catalog/registry/desk.h"
#include "content/publish/ports.h"
#include "node/foundation.h"
#include "node/part.h"

namespace swarma::node {

/// What other roles of the same node may use of it.
struct FabricFace {
  catalog::registry::TitleRegistry& registry;
  catalog::registry::PublishingDesk& desk;
  /// Removes blobs of a publish that failed; returns how many went.
  std::function<Result<std::uint64_t>(std::span<const content::publish::NewBlob>)> discard;
};

struct Fabric {
  Part part;
  FabricFace face;  // lives as long as the part
};
Result<Fabric> make_fabric(Foundation& foundation);

}  // namespace swarma::node
