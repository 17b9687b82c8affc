#include "access/attest/account_uses.h"

#include "access/attest/guesser.h"
#include "crypto/hash.h"

namespace swarma::access::attest {
namespace {

constexpr std::int64_t kDay = 86'400;

}  // namespace

AccountUse account_use(const crypto::SecretKey& key, const ActionContext& context, std::string_view account) {
  std::string text = "account\n" + context.title.text() + "\n";
  text += account;
  const crypto::Digest name = crypto::hmac_sha256(key.expose(), view(text));
  AccountUse use{.account = to_base64url(ByteView(name).first(16)), .network = {}};
  if (context.guest != nullptr && !context.guest->network.empty())
    use.network = network_name(key, context.now.unix_s() / kDay, context.title, context.guest->network);
  return use;
}

Result<void> use_account(db::Session& session, const ActionContext& context, const AccountUse& use) {
  SWARMA_TRY(
      const std::int64_t taken,
      session.execute(
          "INSERT INTO account_uses (title_id, account, viewer, network, used_at) "
          "SELECT $1, $2, $3, $4, $5 WHERE (SELECT COUNT(*) FROM account_uses WHERE title_id = $1 AND "
          "account = $2 AND viewer <> $3) < $6 "
          "ON CONFLICT (title_id, account, viewer) DO UPDATE SET used_at = excluded.used_at",
          {context.title.text(), use.account, context.viewer, use.network, context.now.unix_s(), kViewersPerAccount}));
  if (taken == 1) return {};
  return fail(ErrorCode::Forbidden, "account_used_up",
              "This account has opened this film on " + std::to_string(kViewersPerAccount) +
                  " devices already. Use one of those, or another account of yours.");
}

Result<bool> is_crowded(db::Database& database, const ActionContext& context, const AccountUse& use) {
  if (use.network.empty()) return false;
  SWARMA_TRY(const db::Rows rows,
             database.query("SELECT COUNT(DISTINCT account) FROM account_uses WHERE title_id = $1 AND network = $2 AND "
                            "account <> $3",
                            {context.title.text(), use.network, use.account}));
  return rows.at(0).integer(0) >= kAccountsPerNetwork;
}

}  // namespace swarma::access::attest
