// What every node serves, whatever its roles: what it is, how it is, and the ways in for its owner.
#pragma once

#include "api/links.h"
#include "net/http_server.h"
#include "node/foundation.h"
#include "node/part.h"

namespace swarma::node {

struct Host {
  Part part;
  api::Links& links;  // lives as long as the part
};
/// `metrics` writes those of all parts.
Host make_host(Foundation& foundation, std::function<std::string()> metrics);

}  // namespace swarma::node
