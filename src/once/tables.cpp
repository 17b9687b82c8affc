#include "once/tables.h"

#include <array>

namespace swarma::once {

std::span<const db::Migration> migrations() {
  static const std::array<db::Migration, 1> list = {db::Migration{"once_0001", R"(
    CREATE TABLE IF NOT EXISTS idempotency (
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
    CREATE INDEX IF NOT EXISTS idempotency_by_expiry ON idempotency (expires_at);
    ALTER TABLE idempotency RENAME TO once_answers;

    CREATE TABLE IF NOT EXISTS used_proofs (
      proof {BYTES} PRIMARY KEY,
      issued_at BIGINT NOT NULL
    ) {WITHOUT_ROWID};
    CREATE INDEX IF NOT EXISTS used_proofs_by_issue ON used_proofs (issued_at);
    ALTER TABLE used_proofs RENAME TO once_proofs;

    CREATE TABLE IF NOT EXISTS proof_floor (issued_at BIGINT NOT NULL);
    INSERT INTO proof_floor (issued_at) SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM proof_floor);
    ALTER TABLE proof_floor RENAME TO once_proof_floor;
  )"}};
  return list;
}

}  // namespace swarma::once
