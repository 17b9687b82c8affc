// Answers that are kept, so that a request sent twice with one Idempotency-Key is done once and answered alike, at
// every node of the database.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "db/database.h"

namespace swarma::once {

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

/// For callers with a transaction of their own: the answer to this request if it was given before. Errors as
/// IdempotencyStore::begin.
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
  /// Nothing: this caller is the first, and must call finish() or abandon(). A response: it was answered before.
  /// Conflict "idempotency_key_reused" for another body, "request_in_progress" while the first is under way.
  Result<std::optional<StoredResponse>> begin(const IdempotencyKey& key);
  Result<void> finish(const IdempotencyKey& key, const StoredResponse& response);
  Result<void> abandon(const IdempotencyKey& key);

 private:
  db::Database& database_;
  const Clock& clock_;
};

/// Forgets answers that are not given again; returns their number.
Result<std::int64_t> prune_answers(db::Database& database, Instant now);

}  // namespace swarma::once
