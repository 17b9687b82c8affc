// The viewer's side: from a title id to keys. Asks the node for its offer, picks a path it can meet (the one that opens
// most from the wanted slot on; among equals the cheapest), meets it, requests a grant and checks every word of it
// before using a key.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "access/policy/grant_claims.h"
#include "access/policy/offer.h"
#include "access/unlock/answers.h"
#include "base/clock.h"
#include "crypto/key_tree.h"
#include "crypto/keys.h"
#include "net/http_client.h"
#include "title/title_record.h"

namespace swarma::access::unlock {

/// Who unlocks. The references outlive the Unlocker.
struct Viewer {
  const crypto::SigningKey& signing;
  const crypto::DecryptionKey& decryption;
};

/// What one grant opens. Holds keys: lives in memory only.
struct Unlocked {
  std::string grant_jws;
  policy::GrantClaims grant;
  policy::KeyCovers covers;  // of grant.slots, by key group
};

class Unlocker {
 public:
  /// `node_url` without trailing slash. The record must be verified (title::verify_record).
  Unlocker(net::HttpClient& http, std::string node_url, const Clock& clock, Viewer viewer, title::TitleRecord record);
  ~Unlocker();

  /// The paths on offer. Corrupt "offer_bad"; Conflict "not_current_revision" when the node has another revision or
  /// policy.
  Result<std::vector<policy::OfferedPath>> offer();

  /// Unlocks from `first_slot` on as far as one grant reaches. Forbidden "cannot_meet" with every path's missing parts;
  /// otherwise the node's reason, as it gave it.
  Result<Unlocked> unlock(const Answers& answers, Slot first_slot = 0);

  /// A further grant of the same unlock, for the slots from `first_slot` on.
  Result<Unlocked> renew(const Unlocked& unlocked, Slot first_slot);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Checks a grant as its holder: signature by the record's agent, audience, title, revision, policy, life; opens the
/// keys, checks that they are exactly the cover of the slots in each group. Errors: grant_forged, grant_wrong_viewer,
/// grant_wrong_title, grant_old_revision, grant_other_policy, grant_expired, grant_not_for_this_key.
Result<Unlocked> open_grant(std::string_view jws, const title::TitleRecord& record, const Viewer& viewer, Instant now);

/// Smallest decimal number found such that SHA-256(seed ‖ ":" ‖ number) begins with `bits` zero bits.
Result<std::string> solve_puzzle(std::string_view seed, int bits, unsigned threads, const Progress& on_progress = {});

}  // namespace swarma::access::unlock
