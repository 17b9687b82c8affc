// Secrets that all nodes on one database share, made by the first of them: `dpop-nonce` keys the server nonces, so that
// a nonce of one node is good at the next.  `networks` keys the names of networks that guess codes.
#pragma once

#include <span>
#include <string_view>

#include "crypto/secret.h"
#include "db/database.h"

namespace swarma::node {

std::span<const db::Migration> secret_migrations();

/// The shared secret of this name, wrapped at rest under the owner's master key.
Result<crypto::SecretKey> shared_secret(db::Database& database, const crypto::SecretKey& master, std::string_view name);

}  // namespace swarma::node
