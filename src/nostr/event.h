// Nostr events (NIP-01): signed statements that anybody can check. An Event exists only if its id is the hash of its
// content and its signature is by its author. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"

namespace swarma::nostr {

inline constexpr std::size_t kMaxEventBytes = 256 * 1024;  // a list of thousands of follows
inline constexpr std::size_t kMaxTags = 20'000;

using Tag = std::vector<std::string>;  // at least one text

struct Event {
  std::string id;      // 64 lower-case hex digits
  std::string author;  // x-only public key, the same form
  Instant created_at;
  int kind = 0;
  std::vector<Tag> tags;
  std::string content;

  /// The second text of the last tag of that name, which is how NIP-25 marks a target; empty: there is none.
  std::string_view last(std::string_view tag) const;
  bool has(std::string_view tag, std::string_view value) const;
};

/// BadRequest "bad_event": not of this form. Forbidden "event_forged": another id or another signer than it says.
Result<Event> read_event(const Json& json);

/// SHA-256 over [0, author, created_at, kind, tags, content] in the one spelling that NIP-01 has for it.
std::string event_id(const Event& event);

/// 64 lower-case hex digits: an id or a key.
bool is_hex_id(std::string_view text);

}  // namespace swarma::nostr
