// The rows behind key requests: unlocks, how often each way was used, and what
// was revoked.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "access/attest/actions.h"
#include "access/policy/evaluate.h"
#include "base/clock.h"
#include "base/ids.h"
#include "db/database.h"

namespace swarma::access::grant {

/// A way to unlock a title, as one viewer uses it.
struct ViewersPath {
  const TitleId& title;
  const std::string& viewer;  // jkt
  const std::string& path;
};

/// How often a viewer has used a path; nothing for never.
Result<std::optional<policy::PathUse>> find_use(db::Database& database, const ViewersPath& path);
/// Counts one more use. False, and nothing is counted, if it was not used
/// exactly `before` times until now.
Result<bool> count_use(db::Session& session, const ViewersPath& path, std::int64_t before, Instant now);

struct Unlock {
  const std::string& id;
  const std::string& creator_jkt;  // of the title: may revoke it
  std::int64_t revision = 0;
  Instant created_at;
  Expiry until;
  std::string attestations;  // JSON list of those it was made of
};
/// Writes a new unlock down, with its first grant.
Result<void> add_unlock(db::Session& session, const ViewersPath& path, const Unlock& unlock);

/// A further grant of an unlock.
struct RollOn {
  const std::string& unlock_id;
  const std::string& viewer;
  const std::string& previous_grant_id;
  std::int64_t max_grants = 0;  // 0: any number
};
/// Counts it. Forbidden "grant_unknown", "grant_revoked", "too_many_grants".
Result<void> count_roll_on(db::Session& session, const RollOn& roll_on);

/// By the viewer, the title's creator or the node's operator; NotFound "unlock_unknown", "grant_not_found" for anybody
/// else. Repeating is fine. Revoking ends rolling on; a grant that is out keeps working until it expires.
Result<void> revoke_unlock(db::Database& database, std::string_view unlock_id, const attest::Revoker& by, Instant now);
Result<void> revoke_grant(db::Database& database, std::string_view grant_id, const attest::Revoker& by);

/// The unlock rests on something that can be taken back (attest::Evidence::basis). Forbidden "attestation_revoked" if
/// it was. A pass that was given for it is written "pass:<id>" in the place of the unlock.
Result<void> add_basis(db::Session& session, const std::string& basis, const std::string& unlock_id, Expiry until);
/// Ends all unlocks and passes that rest on it, and what rests on those.
Result<void> revoke_basis(db::Session& session, const std::string& basis, Instant now);

/// Removes what ended an hour ago; returns the number of rows.
Result<std::int64_t> prune_unlocks(db::Database& database, Instant now);

}  // namespace swarma::access::grant
