// Which relays of Nostr a node asks what viewers did there.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/options.h"

namespace swarma::access::attest {

struct NostrOptions {
  std::vector<std::string> relays;  // ws:// or wss://
};

/// BadRequest "bad_relay".
inline Result<void> check(const NostrOptions& options) {
  for (const std::string& url : options.relays)
    if (!url.starts_with("ws://") && !url.starts_with("wss://"))
      return fail(ErrorCode::BadRequest, "bad_relay",
                  "--nostr-relay takes an address that begins with wss:// or ws://.");
  return {};
}

inline void describe(OptionSet& options, NostrOptions& nostr) {
  options.push_back(
      {"nostr-relay", &nostr.relays,
       "wss://… of a Nostr relay that is asked for likes, reposts and follows; none: no such terms are met here"});
}

}  // namespace swarma::access::attest
