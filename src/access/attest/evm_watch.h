// Payments that were attested and are not final yet: a chain may still take them back. They are looked at until they
// are final; an attestation whose payment is gone is revoked, what was opened with it ends, and the payment, should it
// come again, can be used again.
#pragma once

#include "access/attest/evm.h"
#include "access/attest/evm_rpc.h"

namespace swarma::access::attest::evm {

/// How long the chain may not know a payment any more before it counts as taken back: a transaction commonly returns in
/// another block.
inline constexpr std::chrono::minutes kGoneFor{10};
/// Where a chain calls nothing final, so deep is deep enough; and whatever is older is no longer looked at.
inline constexpr std::uint64_t kDeepEnough = 64;
inline constexpr std::chrono::days kLongestWatch{2};

/// A payment that was attested.
struct Watched {
  std::uint64_t chain_id = 0;
  std::string transaction;
  std::int64_t log_index = -1;
  std::string attestation_id;
  std::string basis;  // what is taken back (Evidence::basis): of this attestation only, for the payment may return
  Instant missing_since = {};  // 0: it was there at the last look
};

/// VerifierNeeds::take_back
using TakeBack = std::function<Result<void>(db::Session&, const std::string& basis)>;

/// In the transaction that issues the attestation.
Result<void> watch_payment(db::Session& session, const Watched& payment, Instant now);

enum class Standing { Unknown, There, Final, Missing };
/// What one node of the chain says: [receipt, newest block, final block].
Standing standing_of(const Answers& answers, Instant now);
/// Writes down what follows from it: a payment that is missing for kGoneFor is taken back.
Result<void> settle(db::Session& session, const Watched& payment, Standing standing, const TakeBack& take_back,
                    Instant now);

/// Looks at what is watched, the longest not looked at first; returns at once. From a thread that may wait for the
/// database.
void look_after_payments(db::Database& database, const Rpc& rpc, const TakeBack& take_back, Instant now);

}  // namespace swarma::access::attest::evm
