// The claims of a key grant as they travel (`swarma-grant+jwt`). Pure: the key agent, the broker and the viewer's
// client read and check the same type. Signing needs the agent's key; opening `keys` needs the viewer's.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/json.h"
#include "crypto/jws.h"
#include "crypto/key_tree.h"
#include "crypto/keys.h"

namespace swarma::access::policy {

inline constexpr std::size_t kMaxGrantBytes = 64 * 1024;
inline constexpr std::string_view kGrantKeysTyp = "swarma-keys+jwe";

struct GrantClaims {
  std::string grant_id;  // "<unlock_id>.<random>": a grant's unlock is in its name
  std::string unlock_id;
  TitleId title;
  std::int64_t revision = 1;
  SlotRange slots;
  std::vector<std::string> key_groups;
  std::string keys;  // compact JWE to the viewer's encryption key
  std::string policy_hash;
  std::string path;
  std::string viewer;  // "aud": jkt
  Instant issued_at;
  Expiry expires_at;
  Expiry unlock_until;
  std::string watermark_salt;
};

Result<std::string> sign_grant(const GrantClaims& claims, const crypto::SigningKey& agent);

/// Corrupt "grant_forged" when it is not by `agent` or malformed. Checks nothing else: see check_grant.
Result<GrantClaims> verify_grant(std::string_view jws, const crypto::Did& agent);

/// What the holder expects of a grant.
struct GrantExpectation {
  TitleId title;
  std::int64_t revision = 1;
  std::string policy_hash;
  std::string viewer;
  Instant now;
};
/// Forbidden: grant_wrong_viewer, grant_wrong_title, grant_old_revision, grant_other_policy, grant_expired (by exp; for
/// rolling on by unlock_until, see `rolling`).
Result<void> check_grant(const GrantClaims& claims, const GrantExpectation& expected, bool rolling = false);

/// The nodes of each group: the plaintext of `keys`.
using KeyCovers = std::map<std::string, std::vector<crypto::TreeNode>>;
/// Encrypts the covers to the viewer; `grant_id` is inside, so that a JWE cannot be moved into another grant.
std::string seal_covers(std::string_view grant_id, const KeyCovers& covers, const crypto::EncryptionKey& viewer,
                        crypto::JweSealer& sealer);
/// Corrupt "grant_not_for_this_key" or "grant_forged".
Result<KeyCovers> open_covers(const GrantClaims& claims, const crypto::DecryptionKey& viewer);

}  // namespace swarma::access::policy
