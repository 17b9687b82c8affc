// email_verify: a mail with a code and a link, which somebody who reads the mailbox brings back. Challenge {"from",
// "digits","allow","deny"}; message {"address","language"?} → reply {"mail","expires_at","next_at"}; response {"code"},
// or {} once the link was confirmed.
//
// The link leads to a page with a button, by GET, which changes nothing: programs that look through mails open links.
// Its token and the code are kept as keyed hashes, the address too, and only for its count (email_limits.h).
#include <algorithm>
#include <nlohmann/json.hpp>

#include "access/attest/email_limits.h"
#include "access/attest/email_text.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "net/mail.h"

namespace swarma::access::attest {
namespace {

constexpr int kDigits = 8;
constexpr std::chrono::minutes kCodeLife{15};
constexpr std::chrono::seconds kAskAgain{3};  // whether the link was confirmed
constexpr double kTrust = 0.7;

/// What an action remembers. Empty hashes: no mail has left yet.
struct MailState {
  std::string return_key;  // alone it confirms nothing
  std::string base_url;
  std::string code_hash = {}, token_hash = {};
  std::string mailbox = {};  // its keyed hash, for the evidence
  Expiry expires_at = {};
  bool confirmed = false;

  std::string text() const {
    return Json{{"return_key", return_key}, {"base_url", base_url}, {"code_hash", code_hash},
                {"token_hash", token_hash}, {"mailbox", mailbox},   {"expires_at", expires_at.unix_s()},
                {"confirmed", confirmed}}
        .dump();
  }
  static Result<MailState> read(const Json& json) {
    const JsonReader reader(json, "action's state");
    MailState state;
    SWARMA_TRY(state.return_key, reader.text("return_key", 64));
    SWARMA_TRY(state.base_url, reader.text("base_url", 512));
    SWARMA_TRY(state.code_hash, reader.text("code_hash", 64));
    SWARMA_TRY(state.token_hash, reader.text("token_hash", 64));
    SWARMA_TRY(state.mailbox, reader.text("mailbox", 64));
    SWARMA_TRY(state.expires_at, reader.expiry("expires_at"));
    SWARMA_TRY(state.confirmed, reader.boolean_or("confirmed", false));
    return state;
  }
};

struct Order {
  net::MailAddress address;
  std::string language;
};

/// Every code is as likely as any other.
std::string fresh_code() {
  constexpr std::uint64_t kCodes = 100'000'000, kFair = UINT64_MAX - UINT64_MAX % kCodes;
  for (;;) {
    std::uint64_t number = 0;
    for (const std::uint8_t byte : random_array<8>()) number = number << 8 | byte;
    if (number >= kFair) continue;
    const std::string digits = std::to_string(number % kCodes);
    return std::string(kDigits - digits.size(), '0') + digits;
  }
}

class EmailVerifier final : public Verifier {
 public:
  explicit EmailVerifier(const VerifierNeeds& needs) : needs_(needs) {}

  policy::Requirement requirement() const override { return policy::Requirement::EmailVerify; }
  std::string lacks() const override {
    return needs_.mailer == nullptr ? "a mail server: its operator gives --smtp-url and --smtp-from" : "";
  }
  double trust() const override { return kTrust; }
  std::string calibration() const override {
    return "The viewer reads mail to an address of the allowed domains now. Addresses cost little and can be thrown "
           "away, so several viewers may be one person; one mailbox gets at most " +
           std::to_string(kMailsPerMailboxDay) + " codes a day.";
  }

  void start(const ActionContext& context, Done<Challenge> done) override { done(challenge(context)); }
  void note(const ActionContext& context, const Json& state, const Json& message, Done<Noted> done) override;
  void check(const ActionContext& context, const Json& state, const Json& response, Done<Evidence> done) override {
    done(judge(context, state, response));
  }

 private:
  Result<Challenge> challenge(const ActionContext& context) const;
  Result<Noted> returned(const ActionContext& context, MailState state, const Json& message) const;
  Result<Order> read_order(const ActionContext& context, const Json& message) const;
  Result<Evidence> judge(const ActionContext& context, const Json& json, const Json& response) const;
  void send(const ActionContext& context, MailState state, const Order& order, const std::string& mail,
            Done<Noted> done) const;
  Result<Noted> settle(const std::string& mail, const std::string& old_state, const MailState& state,
                       const std::string& reply, Result<net::Mailer::Delivery> delivery) const;

  std::string hash(const ActionContext& context, std::string_view kind, const std::string& secret) const {
    const std::string text = std::string(kind) + ' ' + context.action_id + ' ' + secret;
    return to_base64url(crypto::hmac_sha256(needs_.network_key.expose(), view(text)));
  }
  bool fits(const ActionContext& context, std::string_view kind, const std::string& secret,
            const std::string& kept) const {
    return !kept.empty() && crypto::equal_in_constant_time(view(hash(context, kind, secret)), view(kept));
  }

  const VerifierNeeds needs_;
};

Result<Challenge> EmailVerifier::challenge(const ActionContext& context) const {
  SWARMA_TRY(const Json params, parse_json(context.leaf.params));
  Json challenge = {{"from", needs_.mailer->sender().address.text()}, {"digits", kDigits}};
  for (const char* list : {"allow", "deny"})
    if (params.contains(list)) challenge[list] = params.at(list);
  SWARMA_TRY(std::string text, canonical_json(challenge));
  return Challenge{
      .challenge = std::move(text), .state = MailState{context.return_key, context.base_url}.text(), .returns = true};
}

void EmailVerifier::note(const ActionContext& context, const Json& json, const Json& message, Done<Noted> done) {
  auto state = MailState::read(json);
  if (!state) return done(std::unexpected(std::move(state).error()));
  if (message.is_object() && message.contains("returned")) return done(returned(context, *std::move(state), message));
  const auto order = read_order(context, message);
  if (!order) return done(std::unexpected(order.error()));
  const auto mail = count_mail(needs_, context, order->address.mailbox());
  if (!mail) return done(std::unexpected(mail.error()));
  send(context, *std::move(state), *order, *mail, std::move(done));
}

Result<Order> EmailVerifier::read_order(const ActionContext& context, const Json& message) const {
  const JsonReader reader(message, "message");
  SWARMA_RETURN_IF_ERROR(reader.only({"address", "language"}));
  SWARMA_TRY(const std::string typed, reader.text("address", 320));
  Order order;
  SWARMA_TRY(order.address, net::parse_mail_address(typed));
  SWARMA_TRY(order.language, reader.text_or("language", 35, "en"));
  SWARMA_TRY(const Json params, parse_json(context.leaf.params));
  const auto names = [&](const char* list) {
    return std::ranges::any_of(params.value(list, Json::array()), [&](const Json& domain) {
      return net::lies_in_domain(order.address.domain, domain.get_ref<const std::string&>());
    });
  };
  if (names("deny") || (params.contains("allow") && !names("allow")))
    return fail(ErrorCode::Forbidden, "domain_not_allowed",
                "Addresses at " + order.address.domain + " do not open this title. Use an address of another domain.");
  return order;
}

void EmailVerifier::send(const ActionContext& context, MailState state, const Order& order, const std::string& mail,
                         Done<Noted> done) const {
  const std::string old_state = state.text(), code = fresh_code(), token = to_base64url(random_array<16>());
  state.code_hash = hash(context, "code", code);
  state.token_hash = hash(context, "token", token);
  state.mailbox = mailbox_name(needs_.network_key, "evidence " + context.title.text(), order.address.mailbox());
  state.expires_at = Expiry(context.now, kCodeLife);
  state.confirmed = false;
  const std::string reply =
      Json{
          {"mail", "sent"}, {"expires_at", state.expires_at.unix_s()}, {"next_at", (context.now + kMailPause).unix_s()}}
          .dump();
  if (mail.empty()) return done(Noted{old_state, reply});  // the mailbox has had its mails
  const std::string link = state.base_url + "/v1/actions/return?state=" + state.return_key + "&token=" + token;
  needs_.mailer->send(
      write_code_mail({order.address, order.language, state.base_url, code, link}), context.now,
      [this, mail, old_state, state, reply, done = std::move(done)](Result<net::Mailer::Delivery> delivery) mutable {
        needs_.run(
            [this, mail, old_state, state, reply, done = std::move(done), delivery = std::move(delivery)]() mutable {
              done(settle(mail, old_state, state, reply, std::move(delivery)));
            });
      });
}

/// What has certainly not left counts no more, and leaves the codes of before good.
Result<Noted> EmailVerifier::settle(const std::string& mail, const std::string& old_state, const MailState& state,
                                    const std::string& reply, Result<net::Mailer::Delivery> delivery) const {
  if (!delivery) {
    SWARMA_RETURN_IF_ERROR(uncount_mail(needs_.database, mail));
    return std::unexpected(std::move(delivery).error());
  }
  if (*delivery == net::Mailer::Delivery::Refused) return Noted{old_state, reply};  // nobody learns who exists
  if (*delivery == net::Mailer::Delivery::Sent) return Noted{state.text(), reply};
  SWARMA_TRY(Json unknown, parse_json(reply));
  unknown["mail"] = "unknown";
  return Noted{state.text(), unknown.dump()};
}

/// By the link. A GET asks for a button.
Result<Noted> EmailVerifier::returned(const ActionContext& context, MailState state, const Json& message) const {
  SWARMA_TRY(const Json* parameters, JsonReader(message, "message").object("returned"));
  SWARMA_TRY(const std::string token, JsonReader(*parameters, "link").text("token", 64));
  if (!fits(context, "token", token, state.token_hash) || state.expires_at.has_passed(context.now))
    return fail(ErrorCode::Forbidden, "mail_link_bad",
                "This link is not good any more: it is older than 15 minutes, or a later mail has another.");
  if (message.value("method", "") != "POST")
    return Noted{state.text(), Json{{"ask", confirm_question(state.base_url)}}.dump()};
  state.confirmed = true;
  return Noted{state.text(), R"({"confirmed":true})"};
}

Result<Evidence> EmailVerifier::judge(const ActionContext& context, const Json& json, const Json& response) const {
  SWARMA_TRY(const MailState state, MailState::read(json));
  const JsonReader reader(response, "response");
  SWARMA_RETURN_IF_ERROR(reader.only({"code"}));
  SWARMA_TRY(std::string code, reader.text_or("code", 32, ""));
  std::erase_if(code, [](char c) { return c == ' ' || c == '-'; });
  if (code.empty() && !state.confirmed)
    return fail(ErrorCode::Conflict, "not_yet",
                "The link in the mail has not been confirmed yet. Type the code of the mail, or press the button that "
                "its link leads to.",
                kAskAgain);
  if (!code.empty() && !fits(context, "code", code, state.code_hash))
    return fail(ErrorCode::Forbidden, "mail_code_wrong",
                "This is not the code of the last mail. Check it and try again, or ask for another mail.");
  if (!code.empty() && state.expires_at.has_passed(context.now))
    return fail(ErrorCode::Forbidden, "mail_code_expired", "This code is older than 15 minutes. Ask for another mail.");
  SWARMA_TRY(std::string evidence, canonical_json({{"mailbox", state.mailbox}}));
  return Evidence{.evidence = std::move(evidence), .trust = kTrust};
}

}  // namespace

std::unique_ptr<Verifier> make_email_verifier(const VerifierNeeds& needs) {
  return std::make_unique<EmailVerifier>(needs);
}

}  // namespace swarma::access::attest
