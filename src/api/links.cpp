#include "api/links.h"

#include <array>

#include "base/random.h"
#include "crypto/hash.h"

namespace swarma::api {
namespace {

std::string name_of(std::string_view secret) {
  return to_base64url(crypto::sha256(view(secret)));
}

}  // namespace

std::span<const db::Migration> link_migrations() {
  static const std::array<db::Migration, 1> migrations = {
      {{"0001_sign_in_links",
        "CREATE TABLE sign_in_links (secret_hash TEXT PRIMARY KEY, expires_at BIGINT NOT NULL, used_at BIGINT)"}}};
  return migrations;
}

Result<std::string> Links::create() {
  std::string secret = to_base64url(random_array<24>());
  const Instant now = clock_.now();
  SWARMA_RETURN_IF_ERROR(
      database_.execute("DELETE FROM sign_in_links WHERE expires_at < $1", {(now - std::chrono::days(1)).unix_s()}));
  SWARMA_RETURN_IF_ERROR(database_.execute("INSERT INTO sign_in_links (secret_hash, expires_at) VALUES ($1, $2)",
                                           {name_of(secret), Expiry(now, kLinkLife).unix_s()}));
  return secret;
}

Result<void> Links::redeem(std::string_view secret) {
  const Instant now = clock_.now();
  return database_.transact([&](db::Session& session) -> Result<void> {
    SWARMA_TRY(
        const db::Rows rows,
        session.query("SELECT expires_at, used_at FROM sign_in_links WHERE secret_hash = $1", {name_of(secret)}));
    if (rows.empty())
      return fail(ErrorCode::Forbidden, "link_unknown",
                  "This sign-in link is not known here. Ask for a new one: swarma link.");
    if (!rows[0].is_null(1))
      return fail(ErrorCode::Forbidden, "link_used",
                  "This sign-in link was used before. Ask for a new one: swarma link.");
    if (Expiry(rows[0].integer(0)).has_passed(now))
      return fail(ErrorCode::Forbidden, "link_expired",
                  "This sign-in link is older than an hour. Ask for a new one: swarma link.");
    SWARMA_TRY(const std::int64_t changed,
               session.execute("UPDATE sign_in_links SET used_at = $2 WHERE secret_hash = $1 AND used_at IS NULL",
                               {name_of(secret), now.unix_s()}));
    if (changed != 1)
      return fail(ErrorCode::Forbidden, "link_used",
                  "This sign-in link was used before. Ask for a new one: swarma link.");
    return {};
  });
}

}  // namespace swarma::api
