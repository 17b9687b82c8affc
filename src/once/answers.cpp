#include "once/answers.h"

#include "base/printable.h"

namespace swarma::once {
namespace {

constexpr std::chrono::seconds kAskAgain{1};  // most requests are answered within one

/// status of a request that is under way.
constexpr std::int64_t kPending = 0;

}  // namespace

Result<void> check_idempotency_key(std::string_view key) {
  if (!is_visible(key, kMaxIdempotencyKey))
    return fail(ErrorCode::BadRequest, "idempotency_key_bad",
                "Send an Idempotency-Key of 1 to 128 visible characters: a random one per request.");
  return {};
}

Result<std::optional<StoredResponse>> find_response(db::Session& session, const IdempotencyKey& key, Instant now) {
  SWARMA_TRY(const db::Rows rows,
             session.query("SELECT body_digest, status, content_type, body, expires_at FROM once_answers "
                           "WHERE viewer = $1 AND route = $2 AND key = $3 AND expires_at > $4",
                           {key.viewer, key.route, key.key, now.unix_s()}));
  if (rows.empty()) return std::nullopt;
  const db::Row& row = rows.front();
  if (row.text(0) != key.body_digest)
    return fail(ErrorCode::Conflict, "idempotency_key_reused",
                "This Idempotency-Key came with another body before: use a fresh one.");
  if (row.integer(1) == kPending)
    return fail(
        ErrorCode::Conflict, "request_in_progress",
        "The same request is under way: ask again for its answer. If its node has failed, it can be sent anew in " +
            std::to_string(Expiry(row.integer(4)).left(now).count()) + " seconds.",
        kAskAgain);
  return StoredResponse{static_cast<int>(row.integer(1)), row.text(2), row.text(3)};
}

Result<bool> store_response(db::Session& session, const IdempotencyKey& key, const StoredResponse& response,
                            Instant now, Expiry expires_at) {
  SWARMA_TRY(const std::int64_t stored,
             session.execute(
                 "INSERT INTO once_answers (viewer, route, key, body_digest, status, content_type, body, expires_at) "
                 "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (viewer, route, key) DO UPDATE SET "
                 "body_digest = excluded.body_digest, status = excluded.status, content_type = excluded.content_type, "
                 "body = excluded.body, expires_at = excluded.expires_at WHERE once_answers.expires_at <= $9",
                 {key.viewer, key.route, key.key, key.body_digest, std::int64_t{response.status}, response.content_type,
                  response.body, expires_at.unix_s(), now.unix_s()}));
  return stored == 1;
}

Result<std::optional<StoredResponse>> IdempotencyStore::begin(const IdempotencyKey& key) {
  SWARMA_RETURN_IF_ERROR(check_idempotency_key(key.key));
  const Instant now = clock_.now();
  std::optional<StoredResponse> answered;
  SWARMA_RETURN_IF_ERROR(database_.transact([&](db::Session& session) -> Result<void> {
    SWARMA_TRY(const bool first, store_response(session, key, {kPending, "", ""}, now, Expiry(now, kAnswerLease)));
    answered.reset();
    if (first) return {};
    SWARMA_TRY(answered, find_response(session, key, now));
    if (!answered)
      return fail(ErrorCode::Conflict, "request_in_progress",
                  "The same request has just failed elsewhere: send it again.", kAskAgain);
    return {};
  }));
  return answered;
}

Result<void> IdempotencyStore::finish(const IdempotencyKey& key, const StoredResponse& response) {
  SWARMA_RETURN_IF_ERROR(
      database_.execute("UPDATE once_answers SET status = $4, content_type = $5, body = $6, expires_at = $7 "
                        "WHERE viewer = $1 AND route = $2 AND key = $3 AND status = 0",
                        {key.viewer, key.route, key.key, std::int64_t{response.status}, response.content_type,
                         response.body, Expiry(clock_.now(), kAnswerLife).unix_s()}));
  return {};
}

Result<void> IdempotencyStore::abandon(const IdempotencyKey& key) {
  SWARMA_RETURN_IF_ERROR(
      database_.execute("DELETE FROM once_answers WHERE viewer = $1 AND route = $2 AND key = $3 AND status = 0",
                        {key.viewer, key.route, key.key}));
  return {};
}

Result<std::int64_t> prune_answers(db::Database& database, Instant now) {
  return database.execute("DELETE FROM once_answers WHERE expires_at <= $1", {now.unix_s()});
}

}  // namespace swarma::once
