// Accounts elsewhere (of a social network, of a chain) that met a requirement: each opens a title for a few viewer
// keys, not for everybody whom its owner would like to oblige, and many of one network are seen as what they are.
#pragma once

#include <string>
#include <string_view>

#include "access/attest/verifier.h"

namespace swarma::access::attest {

/// Viewer keys that one account may bring to one title: a person's devices. Forgotten after kAccountUseMemory.
inline constexpr std::int64_t kViewersPerAccount = 3;
inline constexpr std::chrono::days kAccountUseMemory{30};
/// Accounts of one network that may come to one title in a day before they are trusted less.
inline constexpr std::int64_t kAccountsPerNetwork = 8;

struct AccountUse {
  std::string account;  // a keyed hash that means nothing for another title
  std::string network;  // network_name() for the day; empty: not known
};
AccountUse account_use(const crypto::SecretKey& key, const ActionContext& context, std::string_view account);

/// In the transaction that issues the attestation. Forbidden "account_used_up".
Result<void> use_account(db::Session& session, const ActionContext& context, const AccountUse& use);

/// Whether so many accounts came to this title from this network that they may be a farm.
Result<bool> is_crowded(db::Database& database, const ActionContext& context, const AccountUse& use);

}  // namespace swarma::access::attest
