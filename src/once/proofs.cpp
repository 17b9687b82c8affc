#include "once/proofs.h"

#include "base/printable.h"
#include "crypto/hash.h"

namespace swarma::once {
namespace {

std::unexpected<Error> replayed() {
  return fail(ErrorCode::Unauthenticated, "replayed_proof",
              "This DPoP proof was used before, or is as old as proofs that are forgotten already (was a clock set "
              "back?): make a fresh one for every request.");
}

constexpr std::string_view kRecordProof =
    "INSERT INTO once_proofs (proof, issued_at) SELECT $1, $2 WHERE $2 > (SELECT issued_at FROM once_proof_floor) "
    "ON CONFLICT (proof) DO NOTHING";

/// One name for a proof, which tells nobody whose it was: SHA-256(jkt, a zero byte, jti).
Bytes name_of(const ProofUse& proof) {
  const crypto::Digest digest = crypto::sha256(view(proof.jkt + '\0' + proof.jti));
  return {digest.begin(), digest.end()};
}

Result<void> check_proof(const ProofUse& proof) {
  if (!is_visible(proof.jti, 128) || !is_visible(proof.jkt, 128))
    return fail(ErrorCode::Unauthenticated, "invalid_dpop_proof",
                "The \"jti\" of a DPoP proof is 1 to 128 visible characters.");
  return {};
}

}  // namespace

Result<void> record_proof(db::Session& session, const ProofUse& proof) {
  SWARMA_RETURN_IF_ERROR(check_proof(proof));
  SWARMA_TRY(const std::int64_t fresh, session.execute(kRecordProof, {name_of(proof), proof.issued_at.unix_s()}));
  if (fresh != 1) return replayed();
  return {};
}

Result<void> record_proof(db::Database& database, const ProofUse& proof) {
  SWARMA_RETURN_IF_ERROR(check_proof(proof));
  SWARMA_TRY(const std::int64_t fresh, database.execute(kRecordProof, {name_of(proof), proof.issued_at.unix_s()}));
  if (fresh != 1) return replayed();
  return {};
}

Result<std::int64_t> prune_proofs(db::Database& database, Instant now) {
  std::int64_t removed = 0;
  SWARMA_RETURN_IF_ERROR(database.transact([&](db::Session& session) -> Result<void> {
    removed = 0;
    SWARMA_TRY(const db::Rows rows, session.query("SELECT MAX(issued_at) FROM once_proofs WHERE issued_at < $1",
                                                  {(now - kProofMemory).unix_s()}));
    if (rows.front().is_null(0)) return {};
    const std::int64_t newest = rows.front().integer(0);
    SWARMA_RETURN_IF_ERROR(
        session.execute("UPDATE once_proof_floor SET issued_at = $1 WHERE issued_at < $1", {newest}));
    SWARMA_TRY(removed, session.execute("DELETE FROM once_proofs WHERE issued_at <= $1", {newest}));
    return {};
  }));
  return removed;
}

}  // namespace swarma::once
