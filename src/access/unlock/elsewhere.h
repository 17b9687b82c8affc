// Inside access/unlock: nodes whose verifiers a title accepts besides, or in place of, those of the node it is at.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "access/policy/offer.h"
#include "client/node.h"

namespace swarma::access::unlock {

/// Where each leaf can be verified, by leaf key: an empty text is the title's own node, any other the address of
/// another one. A leaf that nobody known can verify is missing.
using Places = std::map<std::string, std::string>;

/// From what the node offers. Its list of verifiers is only asked for where the terms name issuers, or where it has no
/// verifier itself; without such a list the offer alone counts.
Places find_places(client::Node& node, const policy::Policy& policy, const std::vector<policy::OfferedPath>& offered);

}  // namespace swarma::access::unlock
