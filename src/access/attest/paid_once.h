// What verifiers of payments share: a payment counts once, and is not lost when the viewer's program was closed after
// paying.
#pragma once

#include <string>
#include <vector>

#include "access/attest/verifier.h"

namespace swarma::access::attest {

inline constexpr std::chrono::hours kPaymentLife{24};  // of the action: a chain may be slow, a node of it away
/// Of the attestation: what was paid for is not lost with an hour's trouble.
inline constexpr std::chrono::days kPaidAttestationLife{7};

/// The states of this viewer's open actions for the same requirement of the same title, the oldest first.
Result<std::vector<Json>> earlier_states(db::Database& database, const ActionContext& context);

/// In the transaction that issues the attestation; over all titles and viewers, and for ever: a payment does not come
/// back. `chain` is "evm:1" or "lightning". Forbidden "payment_used".
Result<void> use_payment(db::Session& session, const std::string& chain, const std::string& payment,
                         std::int64_t log_index);

}  // namespace swarma::access::attest
