// Whom a node asks about the fediverse besides everybody's servers.
#pragma once

#include <string>
#include <vector>

#include "base/options.h"

namespace swarma::access::attest {

struct ActivityPubOptions {
  std::vector<std::string> private_hosts;  // host[:port] of this machine or network, asked by http
};

inline void describe(OptionSet& set, ActivityPubOptions& options) {
  set.push_back({.name = "activitypub-private-host",
                 .target = &options.private_hosts,
                 .help = "HOST[:PORT] of a fediverse server on this machine or network that may be asked, too, over "
                         "http; without it only public servers are, over https"});
}

}  // namespace swarma::access::attest
