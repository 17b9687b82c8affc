// DPoP proofs that were used: each counts once, at every node of the database.
#pragma once

#include <string>

#include "base/clock.h"
#include "db/database.h"

namespace swarma::once {

/// A verified DPoP proof. Its key and its jti alone decide whether it was used before; time has no part in that (RFC
/// 9449 11.1).
struct ProofUse {
  std::string jkt;
  std::string jti;
  Instant issued_at;  // its iat: says only how long it must be remembered
};
/// A proof is remembered this long after its iat: longer than any node accepts it (skew and the life of server nonces,
/// crypto/dpop.h).
inline constexpr std::chrono::seconds kProofMemory{300};

/// Unauthenticated "replayed_proof" the second time, and for a proof as old as one that was forgotten already: a clock
/// that was set back makes no proof fresh again.
Result<void> record_proof(db::Session& session, const ProofUse& proof);
Result<void> record_proof(db::Database& database, const ProofUse& proof);

/// Forgets proofs that no node can accept any more; returns their number. `now` is an UnhurriedClock's.
Result<std::int64_t> prune_proofs(db::Database& database, Instant now);

}  // namespace swarma::once
