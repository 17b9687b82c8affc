// The tables of this module.
#include <array>

#include "access/grant/broker.h"

namespace swarma::access::grant {
namespace {

constexpr const char* kFirst = R"(
    CREATE TABLE dpop_proofs (
      issued_at BIGINT NOT NULL,
      jkt TEXT NOT NULL,
      jti TEXT NOT NULL,
      PRIMARY KEY (issued_at, jkt, jti)
    ) {WITHOUT_ROWID};

    CREATE TABLE idempotency (
      viewer TEXT NOT NULL,
      route TEXT NOT NULL,
      key TEXT NOT NULL,
      body_digest TEXT NOT NULL,
      status BIGINT NOT NULL,
      content_type TEXT NOT NULL,
      body TEXT NOT NULL,
      expires_at BIGINT NOT NULL,
      PRIMARY KEY (viewer, route, key)
    );
    CREATE INDEX idempotency_by_expiry ON idempotency (expires_at);

    CREATE TABLE path_uses (
      title_id TEXT NOT NULL,
      viewer TEXT NOT NULL,
      path TEXT NOT NULL,
      unlocks BIGINT NOT NULL,
      last_unlock BIGINT NOT NULL,
      PRIMARY KEY (title_id, viewer, path)
    ) {WITHOUT_ROWID};

    CREATE TABLE unlocks (
      unlock_id TEXT PRIMARY KEY,
      title_id TEXT NOT NULL,
      creator_jkt TEXT NOT NULL,
      viewer TEXT NOT NULL,
      path TEXT NOT NULL,
      revision BIGINT NOT NULL,
      grants BIGINT NOT NULL,
      created_at BIGINT NOT NULL,
      until_at BIGINT NOT NULL,
      revoked_at BIGINT
    ) {WITHOUT_ROWID};
    CREATE INDEX unlocks_by_end ON unlocks (until_at);

    CREATE TABLE revoked_grants (
      grant_id TEXT PRIMARY KEY,
      until_at BIGINT NOT NULL
    );
  )";

constexpr const char* kProofs = R"(
    CREATE TABLE used_proofs (
      proof {BYTES} PRIMARY KEY,
      issued_at BIGINT NOT NULL
    ) {WITHOUT_ROWID};
    CREATE INDEX used_proofs_by_issue ON used_proofs (issued_at);

    CREATE TABLE proof_floor (issued_at BIGINT NOT NULL);
    INSERT INTO proof_floor (issued_at) SELECT COALESCE(MAX(issued_at) - 300, 0) FROM dpop_proofs;
    DROP TABLE dpop_proofs;
  )";

constexpr const char* kNames = R"(
    ALTER TABLE path_uses RENAME TO grant_path_uses;
    ALTER TABLE unlocks RENAME TO grant_unlocks;
    ALTER TABLE revoked_grants RENAME TO grant_revoked;
  )";

// What unlocks and passes rest on, where it can be taken back.
constexpr const char* kBases = R"(
    CREATE TABLE grant_bases (
      basis TEXT NOT NULL,
      unlock_id TEXT NOT NULL,
      until_at BIGINT NOT NULL,
      PRIMARY KEY (basis, unlock_id)
    ) {WITHOUT_ROWID};
    CREATE INDEX grant_bases_by_end ON grant_bases (until_at);
    CREATE TABLE grant_revoked_bases (
      basis TEXT PRIMARY KEY,
      revoked_at BIGINT NOT NULL
    );
  )";

// What anybody can check a grant by, afterwards (evidence.h). Kept answers name the grant instead of holding it.
constexpr const char* kEvidence = R"(
    CREATE TABLE grant_issued (
      grant_id TEXT PRIMARY KEY,
      unlock_id TEXT NOT NULL,
      jws TEXT NOT NULL,
      issued_at BIGINT NOT NULL
    ) {WITHOUT_ROWID};
    CREATE INDEX grant_issued_by_time ON grant_issued (issued_at);
    CREATE TABLE grant_records (
      title_id TEXT NOT NULL,
      revision BIGINT NOT NULL,
      jws TEXT NOT NULL,
      PRIMARY KEY (title_id, revision)
    );
    ALTER TABLE grant_unlocks ADD COLUMN attestations TEXT NOT NULL DEFAULT '[]';
  )";

}  // namespace

std::span<const db::Migration> migrations() {
  static const std::array list = {
      db::Migration{"access_grant_0001", kFirst},    db::Migration{"access_grant_0002", kProofs},
      db::Migration{"access_grant_0003", kNames},    db::Migration{"access_grant_0004", kBases},
      db::Migration{"access_grant_0005", kEvidence},
  };
  return list;
}

}  // namespace swarma::access::grant
