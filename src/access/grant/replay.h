// What may happen only once: DPoP proofs and Idempotency-Keys, in the database, for every POST of every node on it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "db/database.h"

namespace swarma::access::grant {

/// A verified DPoP proof. It is used up by its key and its jti alone: no time has a part in that (RFC 9449 11.1).
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

inline constexpr std::chrono::hours kAnswerLife{24};
inline constexpr std::chrono::seconds kAnswerLease{60};  // a request that never finished may be tried again after
inline constexpr std::size_t kMaxIdempotencyKey = 128;

/// Names one request: the same key by another viewer or on another route is another request.
struct IdempotencyKey {
  std::string key;          // the header's value, 1..128 visible ASCII characters
  std::string route;        // "POST /v1/actions/start"
  std::string viewer;       // jkt, or the remote address where nobody is named
  std::string body_digest;  // base64url SHA-256
};
struct StoredResponse {
  int status = 200;
  std::string content_type;
  std::string body;
};

/// For callers with a transaction of their own (the broker). The answer to this request, if it was given before; errors
/// as begin() below.
Result<std::optional<StoredResponse>> find_response(db::Session& session, const IdempotencyKey& key, Instant now);
/// False when the key is taken. Waits for a transaction of another node that is storing it right now.
Result<bool> store_response(db::Session& session, const IdempotencyKey& key, const StoredResponse& response,
                            Instant now, Expiry expires_at);

/// BadRequest "idempotency_key_bad".
Result<void> check_idempotency_key(std::string_view key);

/// Safe for concurrent use.
class IdempotencyStore {
 public:
  IdempotencyStore(db::Database& database, const Clock& clock) : database_(database), clock_(clock) {}
  /// Nothing: this caller is the first and must finish() or abandon(). A response: it was answered before.
  /// Conflict "idempotency_key_reused" for another body, "request_in_progress" while the first is under way.
  Result<std::optional<StoredResponse>> begin(const IdempotencyKey& key);
  Result<void> finish(const IdempotencyKey& key, const StoredResponse& response);
  Result<void> abandon(const IdempotencyKey& key);

 private:
  db::Database& database_;
  const Clock& clock_;
};

}  // namespace swarma::access::grant
