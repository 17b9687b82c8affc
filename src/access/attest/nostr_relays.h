// Asks the relays that the operator named (--nostr-relay) for events. Every event is checked: a relay can hide what
// there is, but not invent anything. Safe for concurrent use.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "access/attest/verifier.h"
#include "nostr/event.h"

namespace swarma::access::attest {

class NostrRelays {
 public:
  /// Answers are given on threads of `run`.
  NostrRelays(std::function<void(std::move_only_function<void()>)> run, std::vector<std::string> urls);
  ~NostrRelays();

  /// The events that match the filter (NIP-01), each once, of all relays that answered within kRelayPatience.
  /// Unavailable "relays_unreachable" when none did.
  void ask(const Json& filter, Done<std::vector<nostr::Event>> done);
  /// Ends what is under way.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

inline constexpr std::chrono::seconds kRelayPatience{8};

}  // namespace swarma::access::attest
