// The creator: takes films in, packages and publishes them, and revises what is published.
#pragma once

#include "node/foundation.h"
#include "node/part.h"
#include "node/roles/fabric.h"

namespace swarma::node {

/// `fabric` is where its titles become visible, and outlives the part.
Result<Part> make_creator(Foundation& foundation, const FabricFace& fabric);

}  // namespace swarma::node
