#include "access/attest/sole_account.h"

#include "crypto/hash.h"

namespace swarma::access::attest {

std::string account_name(const crypto::SecretKey& key, const TitleId& title, std::string_view account) {
  const std::string text = "sole account\n" + title.text() + "\n" + std::string(account);
  return to_base64url(crypto::hmac_sha256(key.expose(), view(text)));
}

Result<void> claim_account(db::Session& session, const std::string& name, const std::string& viewer, Instant now) {
  SWARMA_TRY(const std::int64_t taken,
             session.execute("INSERT INTO attest_accounts (account, viewer, used_at) VALUES ($1, $2, $3) "
                             "ON CONFLICT (account) DO UPDATE SET used_at = excluded.used_at "
                             "WHERE attest_accounts.viewer = excluded.viewer",
                             {name, viewer, now.unix_s()}));
  if (taken == 1) return {};
  return fail(ErrorCode::Forbidden, "account_used",
              "This account has opened this film for another viewer already: an account counts for one. Watch on the "
              "device that it was used on, or sign in with another account of yours.");
}

Result<std::int64_t> prune_accounts(db::Database& database, Instant now) {
  return database.execute("DELETE FROM attest_accounts WHERE used_at < $1", {(now - kAccountMemory).unix_s()});
}

}  // namespace swarma::access::attest
