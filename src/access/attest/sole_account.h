// Accounts that viewers prove elsewhere: one opens a title for one viewer only, or one person's like would do for many.
//
// Kept for each title: a keyed hash of the account, the viewer, and when; forgotten kAccountMemory after its last use.
#pragma once

#include <string>

#include "access/attest/verifier.h"

namespace swarma::access::attest {

inline constexpr std::chrono::days kAccountMemory{60};

/// Names an account for one title: 43 characters of base64url that mean nothing without the key, and for another title.
std::string account_name(const crypto::SecretKey& key, const TitleId& title, std::string_view account);

/// To be run in the transaction that issues the attestation. Forbidden "account_used": another viewer of the title came
/// with this account.
Result<void> claim_account(db::Session& session, const std::string& name, const std::string& viewer, Instant now);

Result<std::int64_t> prune_accounts(db::Database& database, Instant now);

}  // namespace swarma::access::attest
