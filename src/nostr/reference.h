// How people write down what they mean on Nostr (NIP-19): npub1…, note1…, nprofile1…, nevent1…, naddr1…, or plain hex.
// Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace swarma::nostr {

/// Somebody, a note, or what somebody replaces by newer versions.
struct Reference {
  enum class Kind { Profile, Event, Address } kind = Kind::Event;
  std::string value;  // 64 hex digits; of an address kind:author:d, as in an "a" tag
  /// The author, where the text names one; empty otherwise.
  std::string author = {};
};

/// "nostr:" in front is skipped. 64 hex digits are an event. Relay hints are not kept: a stranger would choose where
/// this node connects to. BadRequest "bad_reference".
Result<Reference> parse_reference(std::string_view text);

}  // namespace swarma::nostr
