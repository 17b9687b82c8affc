#include "access/grant/unlocks.h"

#include "access/attest/outcomes.h"
#include "access/grant/evidence.h"
#include "access/pass/pass_book.h"

namespace swarma::access::grant {
namespace {

/// Longer than any attestation that rests on it.
constexpr std::chrono::seconds kRevokedBasisKept = attest::kMaxAttestationLife + std::chrono::days(1);

}  // namespace

Result<std::optional<policy::PathUse>> find_use(db::Database& database, const ViewersPath& path) {
  SWARMA_TRY(const db::Rows rows, database.query("SELECT unlocks, last_unlock FROM grant_path_uses "
                                                 "WHERE title_id = $1 AND viewer = $2 AND path = $3",
                                                 {path.title.text(), path.viewer, path.path}));
  if (rows.empty()) return std::nullopt;
  return policy::PathUse{.unlocks = rows.front().integer(0), .last_unlock = Instant(rows.front().integer(1))};
}

Result<bool> count_use(db::Session& session, const ViewersPath& path, std::int64_t before, Instant now) {
  SWARMA_TRY(const std::int64_t counted,
             session.execute("INSERT INTO grant_path_uses (title_id, viewer, path, unlocks, "
                             "last_unlock) VALUES ($1, $2, $3, 1, $4) "
                             "ON CONFLICT (title_id, viewer, path) DO UPDATE SET unlocks = "
                             "grant_path_uses.unlocks + 1, last_unlock = $4 "
                             "WHERE grant_path_uses.unlocks = $5",
                             {path.title.text(), path.viewer, path.path, now.unix_s(), before}));
  return counted == 1;
}

Result<void> add_unlock(db::Session& session, const ViewersPath& path, const Unlock& unlock) {
  SWARMA_RETURN_IF_ERROR(
      session.execute("INSERT INTO grant_unlocks (unlock_id, title_id, creator_jkt, viewer, "
                      "path, revision, grants, created_at, until_at, attestations) "
                      "VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, $9)",
                      {unlock.id, path.title.text(), unlock.creator_jkt, path.viewer, path.path, unlock.revision,
                       unlock.created_at.unix_s(), unlock.until.unix_s(), unlock.attestations}));
  return {};
}

Result<void> count_roll_on(db::Session& session, const RollOn& roll_on) {
  SWARMA_TRY(const std::int64_t counted,
             session.execute("UPDATE grant_unlocks SET grants = grants + 1 WHERE "
                             "unlock_id = $1 AND viewer = $2 AND revoked_at "
                             "IS NULL AND ($3 = 0 OR grants < $3) AND NOT EXISTS "
                             "(SELECT 1 FROM grant_revoked WHERE grant_id = $4)",
                             {roll_on.unlock_id, roll_on.viewer, roll_on.max_grants, roll_on.previous_grant_id}));
  if (counted == 1) return {};
  SWARMA_TRY(const db::Rows rows,
             session.query("SELECT revoked_at, grants FROM grant_unlocks WHERE unlock_id = $1", {roll_on.unlock_id}));
  if (rows.empty())
    return fail(ErrorCode::Forbidden, "grant_unknown",
                "This node does not know the unlock of this grant: unlock again.");
  if (!rows.front().is_null(0)) return fail(ErrorCode::Forbidden, "grant_revoked", "This unlock was revoked.");
  if (roll_on.max_grants > 0 && rows.front().integer(1) >= roll_on.max_grants)
    return fail(ErrorCode::Forbidden, "too_many_grants",
                "This unlock was good for " + std::to_string(roll_on.max_grants) +
                    " grants and they are used up: unlock again.");
  return fail(ErrorCode::Forbidden, "grant_revoked", "This grant was revoked.");
}

Result<void> revoke_unlock(db::Database& database, std::string_view unlock_id, const attest::Revoker& by, Instant now) {
  const auto unknown = fail(ErrorCode::NotFound, "unlock_unknown", "There is no such unlock, or it has ended.");
  if (const auto bytes = parse_base64url(unlock_id); !bytes || bytes->size() != 16) return unknown;
  SWARMA_TRY(const std::int64_t known, database.execute("UPDATE grant_unlocks SET revoked_at = "
                                                        "COALESCE(revoked_at, $2) WHERE unlock_id = $1 "
                                                        "AND ($3 = 1 OR viewer = $4 OR creator_jkt = $4)",
                                                        {std::string(unlock_id), now.unix_s(),
                                                         std::int64_t{by.operator_of_node ? 1 : 0}, by.jkt}));
  if (known == 0) return unknown;
  return {};
}

Result<void> revoke_grant(db::Database& database, std::string_view grant_id, const attest::Revoker& by) {
  const auto unknown = fail(ErrorCode::NotFound, "grant_not_found", "There is no such grant, or its unlock has ended.");
  const std::size_t dot = grant_id.find('.');
  if (dot == grant_id.npos) return unknown;
  const auto unlock = parse_base64url(grant_id.substr(0, dot)), own = parse_base64url(grant_id.substr(dot + 1));
  if (!unlock || unlock->size() != 16 || !own || own->size() != 12) return unknown;
  SWARMA_TRY(const std::int64_t known,
             database.execute("INSERT INTO grant_revoked (grant_id, until_at) SELECT $1, until_at "
                              "FROM grant_unlocks "
                              "WHERE unlock_id = $2 AND ($3 = 1 OR viewer = $4 OR creator_jkt = "
                              "$4) "
                              "ON CONFLICT (grant_id) DO UPDATE SET until_at = excluded.until_at",
                              {std::string(grant_id), std::string(grant_id.substr(0, dot)),
                               std::int64_t{by.operator_of_node ? 1 : 0}, by.jkt}));
  if (known == 0) return unknown;
  return {};
}

Result<void> add_basis(db::Session& session, const std::string& basis, const std::string& unlock_id, Expiry until) {
  SWARMA_TRY(const std::int64_t added,
             session.execute("INSERT INTO grant_bases (basis, unlock_id, until_at) SELECT $1, $2, $3 WHERE NOT EXISTS "
                             "(SELECT 1 FROM grant_revoked_bases WHERE basis = $1)",
                             {basis, unlock_id, until.unix_s()}));
  if (added == 1) return {};
  return fail(ErrorCode::Forbidden, "attestation_revoked", "This attestation was revoked: meet the requirement again.");
}

Result<void> revoke_basis(db::Session& session, const std::string& basis, Instant now) {
  SWARMA_RETURN_IF_ERROR(session.execute(
      "INSERT INTO grant_revoked_bases (basis, revoked_at) VALUES ($1, $2) ON CONFLICT (basis) DO NOTHING",
      {basis, now.unix_s()}));
  SWARMA_RETURN_IF_ERROR(attest::contradict(session, basis, now));
  SWARMA_TRY(const db::Rows rows, session.query("SELECT unlock_id FROM grant_bases WHERE basis = $1", {basis}));
  for (const db::Row& row : rows) {
    const std::string& id = row.text(0);
    if (!id.starts_with(pass::kPassBasis)) {
      SWARMA_RETURN_IF_ERROR(session.execute(
          "UPDATE grant_unlocks SET revoked_at = $2 WHERE unlock_id = $1 AND revoked_at IS NULL", {id, now.unix_s()}));
      continue;
    }
    SWARMA_RETURN_IF_ERROR(pass::revoke_pass(session, id.substr(pass::kPassBasis.size()), "", now));
    SWARMA_RETURN_IF_ERROR(revoke_basis(session, id, now));
  }
  return {};
}

Result<std::int64_t> prune_unlocks(db::Database& database, Instant now) {
  const std::int64_t limit =
      (now - std::chrono::hours(1)).unix_s();  // so that "expired" can still be told from "unknown"
  SWARMA_TRY(const std::int64_t unlocks, database.execute("DELETE FROM grant_unlocks WHERE until_at < $1", {limit}));
  SWARMA_TRY(const std::int64_t revoked, database.execute("DELETE FROM grant_revoked WHERE until_at < $1", {limit}));
  SWARMA_TRY(const std::int64_t bases, database.execute("DELETE FROM grant_bases WHERE until_at < $1", {limit}));
  SWARMA_RETURN_IF_ERROR(
      database.execute("DELETE FROM grant_issued WHERE issued_at < $1", {(now - kGrantKept).unix_s()}));
  SWARMA_TRY(const std::int64_t ended, database.execute("DELETE FROM grant_revoked_bases WHERE revoked_at < $1",
                                                        {(now - kRevokedBasisKept).unix_s()}));
  return unlocks + revoked + bases + ended;
}

}  // namespace swarma::access::grant
