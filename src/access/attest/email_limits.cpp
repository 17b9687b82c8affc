#include "access/attest/email_limits.h"

#include <algorithm>
#include <array>

#include "base/random.h"
#include "crypto/hash.h"

namespace swarma::access::attest {
namespace {

constexpr std::size_t kNameBytes = 16;
constexpr std::int64_t kHour = 3600, kDay = 24 * kHour;

std::string keyed_name(const crypto::SecretKey& key, const std::string& text) {
  const crypto::Digest digest = crypto::hmac_sha256(key.expose(), view("mail " + text));
  return to_base64url(ByteView(digest).first(kNameBytes));
}

struct Limit {
  std::string kind;  // of whom
  std::string name;
  std::int64_t most;
  std::int64_t seconds;
};

/// When the oldest of the mails that fill a limit is far enough back; zero: there is room.
Result<std::chrono::seconds> wait_for_room(db::Session& session, const Limit& limit, Instant now) {
  // Rows dated ahead, by a clock that was set back since, count too.
  SWARMA_TRY(const db::Rows rows,
             session.query("SELECT sent_at FROM mails_sent WHERE name = $1 AND sent_at > $2 ORDER BY sent_at DESC "
                           "LIMIT $3",
                           {limit.name, now.unix_s() - limit.seconds, limit.most}));
  if (static_cast<std::int64_t>(rows.size()) < limit.most) return std::chrono::seconds(0);
  const std::int64_t wait = rows.back().integer(0) + limit.seconds - now.unix_s();
  return std::chrono::seconds(std::clamp<std::int64_t>(wait, 1, limit.seconds));
}

Result<void> write(db::Session& session, const std::string& mail, const Limit& limit, Instant now) {
  SWARMA_RETURN_IF_ERROR(session.execute("INSERT INTO mails_sent (mail, kind, name, sent_at) VALUES ($1, $2, $3, $4)",
                                         {mail, limit.kind, limit.name, now.unix_s()}));
  return {};
}

std::unexpected<Error> too_many_mails(const Limit& limit, std::chrono::seconds wait) {
  const std::string seconds = std::to_string(wait.count());
  if (limit.kind == "action")
    return fail(ErrorCode::TooMany, "too_many_mails",
                "A mail is on its way already. Wait " + seconds + " seconds before you ask for another.", wait);
  const std::string whom = limit.kind == "viewer"    ? "by you"
                           : limit.kind == "network" ? "from your network"
                           : limit.kind == "title"   ? "for this title"
                                                     : "of this node";
  return fail(
      ErrorCode::TooMany, "too_many_mails",
      "Too many mails were asked for lately " + whom + ". Wait " + seconds + " seconds, or unlock in another way.",
      wait);
}

}  // namespace

std::string mailbox_name(const crypto::SecretKey& key, std::string_view purpose, std::string_view mailbox) {
  return keyed_name(key, std::string(purpose) + ' ' + std::string(mailbox));
}

Result<std::string> count_mail(const VerifierNeeds& needs, const ActionContext& context, const std::string& mailbox) {
  const auto named = [&](const char* kind, const std::string& who, std::int64_t most, std::int64_t seconds) {
    return Limit{kind, keyed_name(needs.network_key, kind + (' ' + who)), most, seconds};
  };
  const std::string title = context.title.text();
  const Limit hour = named("mailbox", mailbox, kMailsPerMailboxHour, kHour);
  const Limit day = named("mailbox", mailbox, kMailsPerMailboxDay, kDay);
  const std::array limits = {
      named("action", context.action_id, 1, kMailPause.count()),
      named("viewer", title + ' ' + context.viewer, kMailsPerViewerHour, kHour),
      named("network", context.guest == nullptr ? "" : context.guest->network, kMailsPerNetworkHour, kHour),
      named("title", title, std::max<std::int64_t>(needs.mails.per_hour * std::int64_t{3} / 10, 1), kHour),
      named("node", "", needs.mails.per_hour, kHour)};
  const std::string mail = to_base64url(random_array<16>());
  bool mailbox_full = false;
  SWARMA_RETURN_IF_ERROR(needs.database.transact([&](db::Session& session) -> Result<void> {
    for (const Limit& limit : limits) {
      SWARMA_TRY(const std::chrono::seconds wait, wait_for_room(session, limit, context.now));
      if (wait.count() > 0) return too_many_mails(limit, wait);
    }
    SWARMA_TRY(const std::chrono::seconds hour_wait, wait_for_room(session, hour, context.now));
    SWARMA_TRY(const std::chrono::seconds day_wait, wait_for_room(session, day, context.now));
    mailbox_full = hour_wait.count() > 0 || day_wait.count() > 0;
    if (!mailbox_full) SWARMA_RETURN_IF_ERROR(write(session, mail, hour, context.now));
    for (const Limit& limit : limits) SWARMA_RETURN_IF_ERROR(write(session, mail, limit, context.now));
    return {};
  }));
  return mailbox_full ? std::string() : mail;
}

Result<void> uncount_mail(db::Database& database, const std::string& mail) {
  SWARMA_RETURN_IF_ERROR(database.execute("DELETE FROM mails_sent WHERE mail = $1 AND kind = 'mailbox'", {mail}));
  return {};
}

Result<std::int64_t> prune_mails(db::Database& database, Instant now) {
  return database.execute("DELETE FROM mails_sent WHERE sent_at < $1 OR sent_at > $2",
                          {(now - kMailsKept).unix_s(), (now + kMailsKept).unix_s()});
}

}  // namespace swarma::access::attest
