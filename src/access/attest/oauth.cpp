// social_like on a platform that the operator named (oauth_options.h): the viewer signs in there, and the node asks it
// what he did. Challenge {"network","provider","action","target","url","match"} → response {} once the provider has
// sent the viewer back; until then Conflict "not_yet".
//
// The provider's answer comes to GET /v1/actions/return, in a window that may be another person's, to whom somebody
// sent the address: so a button is pressed there, beside a number that must be the one at the film (`match`). PKCE's
// secret and the nonce are derived, not kept. Kept is a keyed hash of the account.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "access/attest/oauth_provider.h"
#include "access/attest/sole_account.h"
#include "crypto/hash.h"

namespace swarma::access::attest {
namespace {

constexpr double kAccountTrust = 0.5, kDeedTrust = 0.7;
constexpr std::chrono::seconds kAskAgain{2};
constexpr std::size_t kMaxCode = 2048;

struct OauthState {
  std::string base_url;
  std::string account = {};  // account_name(); empty: nobody came back yet

  std::string text() const { return Json{{"base_url", base_url}, {"account", account}}.dump(); }
  static Result<OauthState> read(const Json& json) {
    const JsonReader reader(json, "action's state");
    OauthState state;
    SWARMA_TRY(state.base_url, reader.text("base_url", 512));
    SWARMA_TRY(state.account, reader.text("account", 64));
    return state;
  }
};

std::string host_of(std::string_view url) {
  url.remove_prefix(std::min(url.find("://") + 3, url.size()));
  return std::string(url.substr(0, url.find('/')));
}

/// What the leaf asks for; nothing: it is for others.
std::optional<Deed> deed_of(const policy::Leaf& leaf, const OauthAdapter& adapter) {
  const auto params = parse_json(leaf.params);
  if (!params || params->value("network", "") != adapter.network) return std::nullopt;
  const std::string action = params->value("action", "like"), target = params->value("target", "");
  if (target == kAnyAccount && action == "like") return Deed{};
  // As a part of a path these would lead elsewhere.
  if (!adapter.checks.contains(action) || target == "." || target == "..") return std::nullopt;
  return Deed{action, target};
}

class OauthVerifier final : public Verifier {
 public:
  OauthVerifier(const VerifierNeeds& needs, const OauthAdapter& adapter)
      : network_key_(needs.network_key),
        provider_(std::make_shared<OauthProvider>(adapter, *needs.outbound, needs.run)) {}

  policy::Requirement requirement() const override { return policy::Requirement::SocialLike; }
  bool is_for(const policy::Leaf& leaf) const override { return deed_of(leaf, provider_->adapter()).has_value(); }
  std::string variant() const override { return provider_->adapter().network; }
  double trust() const override { return provider_->adapter().checks.empty() ? kAccountTrust : kDeedTrust; }
  std::string calibration() const override {
    return "The viewer signs in at " + host_of(provider_->adapter().issuer) +
           ". With the target \"account\" this proves an account and nothing more (0.5); otherwise the platform says, "
           "asked on the viewer's behalf, that he did it (0.7). Accounts cost little; each counts for one viewer.";
  }

  void start(const ActionContext& context, Done<Challenge> done) override;
  void note(const ActionContext& context, const Json& json, const Json& message, Done<Noted> done) override;
  void check(const ActionContext& context, const Json& json, const Json& response, Done<Evidence> done) override {
    done(judge(context, json, response));
  }

 private:
  std::string derive(const ActionContext& context, std::string_view what) const {
    const std::string text = "oauth " + std::string(what) + ' ' + context.action_id;
    return to_base64url(crypto::hmac_sha256(network_key_.expose(), view(text)));
  }
  SignIn sign_in(const ActionContext& context, const std::string& base_url) const {
    return {.redirect_uri = base_url + "/v1/actions/return",
            .code_verifier = derive(context, "verifier"),
            .nonce = derive(context, "nonce")};
  }
  /// Four digits that the page with the film and the window of the provider both show.
  std::string match(const ActionContext& context) const {
    const crypto::Digest digest = crypto::sha256(view(derive(context, "match")));
    return fmt::format("{:04}", (digest[0] << 16 | digest[1] << 8 | digest[2]) % 10'000);
  }
  Result<Evidence> judge(const ActionContext& context, const Json& json, const Json& response) const;
  Noted question(const ActionContext& context, const OauthState& state) const;

  const crypto::SecretKey& network_key_;
  std::shared_ptr<OauthProvider> provider_;
};

void OauthVerifier::start(const ActionContext& context, Done<Challenge> done) {
  const OauthAdapter& adapter = provider_->adapter();
  const Deed deed = deed_of(context.leaf, adapter).value();
  Json challenge = {{"network", adapter.network},
                    {"provider", host_of(adapter.issuer)},
                    {"action", deed.action.empty() ? "sign_in" : deed.action},
                    {"match", match(context)}};
  if (!deed.target.empty()) challenge["target"] = deed.target;
  provider_->address(sign_in(context, context.base_url), context.return_key, context.now,
                     [challenge = std::move(challenge), state = OauthState{context.base_url},
                      done = std::move(done)](Result<std::string> url) mutable {
                       if (!url) return done(std::unexpected(std::move(url).error()));
                       challenge["url"] = *std::move(url);
                       done(Challenge{.challenge = challenge.dump(), .state = state.text(), .returns = true});
                     });
}

Noted OauthVerifier::question(const ActionContext& context, const OauthState& state) const {
  const Json ask = {
      {"heading", "Is it you?"},
      {"sentence", "Somebody wants to open a film at " + host_of(state.base_url) + " with your account at " +
                       host_of(provider_->adapter().issuer) + ". The page with the film shows the number " +
                       match(context) +
                       ". Press the button only if you see it there, and asked for it yourself just now."},
      {"button", "Yes, open it"}};
  return {.state = state.text(), .reply = Json{{"ask", ask}}.dump()};
}

void OauthVerifier::note(const ActionContext& context, const Json& json, const Json& message, Done<Noted> done) {
  if (!message.is_object() || !message.contains("returned"))
    return Verifier::note(context, json, message, std::move(done));
  const auto state = OauthState::read(json);
  if (!state) return done(std::unexpected(state.error()));
  const auto returned = JsonReader(message, "message").object("returned");
  if (!returned) return done(std::unexpected(returned.error()));
  const JsonReader reader(**returned, "provider's answer");
  if (reader.has("error"))  // whose words are not shown: they are the provider's, or of whoever made the address
    return done(
        fail(ErrorCode::Forbidden, "oauth_declined",
             "You were not signed in: it was declined, or did not work there. Go back to the film to try again."));
  const auto code = reader.text("code", kMaxCode), issuer = reader.text_or("iss", kMaxCode, "");
  if (!code) return done(std::unexpected(code.error()));
  if (!issuer) return done(std::unexpected(issuer.error()));
  if (!state->account.empty()) return done(Noted{state->text(), R"({"signed_in":true})"});  // pressed twice
  if (message.value("method", "") != "POST") return done(question(context, *state));
  provider_->redeem(sign_in(context, state->base_url), {*code, *issuer},
                    deed_of(context.leaf, provider_->adapter()).value(), context.now,
                    [&key = network_key_, title = context.title, issuer = provider_->adapter().issuer,
                     base_url = state->base_url, done = std::move(done)](Result<std::string> subject) mutable {
                      if (!subject) return done(std::unexpected(std::move(subject).error()));
                      const OauthState signed_in{base_url, account_name(key, title, issuer + "\n" + *subject)};
                      done(Noted{signed_in.text(), R"({"signed_in":true})"});
                    });
}

Result<Evidence> OauthVerifier::judge(const ActionContext& context, const Json& json, const Json& response) const {
  SWARMA_TRY(const OauthState state, OauthState::read(json));
  SWARMA_RETURN_IF_ERROR(JsonReader(response, "response").only({}));
  if (state.account.empty())
    return fail(ErrorCode::Conflict, "not_yet", "You have not come back from the platform yet.", kAskAgain);
  const Deed deed = deed_of(context.leaf, provider_->adapter()).value();
  SWARMA_TRY(std::string evidence, canonical_json({{"account", state.account}, {"network", variant()}}));
  return Evidence{.evidence = std::move(evidence),
                  .trust = deed.action.empty() ? kAccountTrust : kDeedTrust,
                  .claim = [account = state.account, viewer = context.viewer, now = context.now](db::Session& session) {
                    return claim_account(session, account, viewer, now);
                  }};
}

}  // namespace

std::vector<std::unique_ptr<Verifier>> make_oauth_verifiers(const VerifierNeeds& needs) {
  std::vector<std::unique_ptr<Verifier>> verifiers;
  if (needs.outbound != nullptr)
    for (const OauthAdapter& adapter : needs.oauth)
      verifiers.push_back(std::make_unique<OauthVerifier>(needs, adapter));
  return verifiers;
}

}  // namespace swarma::access::attest
