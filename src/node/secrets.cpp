#include "node/secrets.h"

#include <array>

#include "crypto/aead.h"

namespace swarma::node {

std::span<const db::Migration> secret_migrations() {
  static const std::array<db::Migration, 1> migrations = {
      {{"0001_shared_secrets", "CREATE TABLE shared_secrets (name TEXT PRIMARY KEY, wrapped {BYTES} NOT NULL)"}}};
  return migrations;
}

Result<crypto::SecretKey> shared_secret(db::Database& database, const crypto::SecretKey& master,
                                        std::string_view name) {
  const std::string context = "swarma/1 shared secret " + std::string(name);
  const crypto::SecretKey fresh = crypto::random_key();
  SWARMA_RETURN_IF_ERROR(
      database.execute("INSERT INTO shared_secrets (name, wrapped) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
                       {std::string(name), crypto::wrap(master, context, fresh.expose())}));
  SWARMA_TRY(const db::Rows rows,
             database.query("SELECT wrapped FROM shared_secrets WHERE name = $1", {std::string(name)}));
  auto plain = crypto::unwrap(master, context, rows.at(0).blob(0));
  if (!plain)
    return fail(
        ErrorCode::Conflict, "other_identity",
        "This database belongs to a node with another identity. Use that identity's --data, or another database.");
  SWARMA_TRY(auto raw, take_exactly<32>(*plain));
  const crypto::SecretKey secret(raw);
  crypto::wipe(*plain);
  crypto::wipe(raw);
  return secret;
}

}  // namespace swarma::node
