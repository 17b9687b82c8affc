// social_like on Nostr {network:"nostr", action?, target}: the viewer's key reacted to, reposted or follows something.
//
// Challenge {"network","action","target","event":{"kind","tags","content"},"expires_at"}: an event to be signed as
// browser extensions do (NIP-07), of NIP-98's form and with this title, viewer and action in it. It is sent nowhere but
// here. Response
// {"event": the signed one}. The relays are then asked for a reaction (kind 7, NIP-25), a repost (6 and 16, NIP-18) or
// the newest list of follows (3, NIP-02) by the same key; what its author deleted (5, NIP-09) does not count.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "access/attest/account_uses.h"
#include "access/attest/nostr_relays.h"
#include "access/attest/verifier.h"
#include "nostr/reference.h"

namespace swarma::access::attest {
namespace {

constexpr int kHttpAuth = 27235;  // NIP-98
constexpr int kFollows = 3, kDeletion = 5, kRepost = 6, kReaction = 7, kGenericRepost = 16;
constexpr std::chrono::minutes kSkew{10};  // of the viewer's clock
constexpr double kTrust = 0.5, kCrowdedTrust = 0.2;

enum class Act { Like, Repost, Follow };

/// What a title asks for.
struct Wish {
  Act act = Act::Like;
  nostr::Reference target;
  std::string action, target_text;  // as the creator wrote them
};

Result<Wish> read_wish(const policy::Leaf& leaf) {
  SWARMA_TRY(const Json params, parse_json(leaf.params));
  const JsonReader reader(params, "social requirement");
  Wish wish;
  SWARMA_TRY(wish.action, reader.text_or("action", 16, "like"));
  SWARMA_TRY(wish.target_text, reader.text("target", 500));
  SWARMA_TRY(wish.target, nostr::parse_reference(wish.target_text));
  wish.act = wish.action == "follow" ? Act::Follow : wish.action == "repost" ? Act::Repost : Act::Like;
  const bool fits =
      wish.act == Act::Follow ? !wish.target.author.empty() : wish.target.kind != nostr::Reference::Kind::Profile;
  if (!fits)
    return fail(ErrorCode::BadRequest, "bad_target",
                "Somebody can be followed, a note can be liked or reposted: this "
                "title asks for it the other way round.");
  return wish;
}

/// The event that the viewer is asked to sign, without what signing adds.
nostr::Event proof_of(const ActionContext& context, const std::string& url) {
  return {.id = {},
          .author = {},
          .created_at = {},
          .kind = kHttpAuth,
          .tags = {{"u", url},
                   {"method", "POST"},
                   {"title", context.title.text()},
                   {"viewer", context.viewer},
                   {"action", context.action_id}},
          .content = "The viewer named here is me, and may watch the film named here."};
}

/// What is asked of the relays first.
Json filter_for(const Wish& wish, const std::string& author) {
  Json filter = {{"authors", Json::array({author})}, {"limit", 20}};
  if (wish.act == Act::Follow) {
    filter["kinds"] = Json::array({kFollows});
    return filter;
  }
  filter["kinds"] = wish.act == Act::Like ? Json::array({kReaction}) : Json::array({kRepost, kGenericRepost});
  const bool is_address = wish.target.kind == nostr::Reference::Kind::Address;
  filter[is_address ? "#a" : "#e"] = Json::array({wish.target.value});
  return filter;
}

/// NIP-25: "-" is a dislike. An emoji may be counted as a like, and applications send many as such.
bool is_like(std::string_view content) {
  return content != "-" && content != "👎";
}

bool is_about(const Wish& wish, const nostr::Event& event) {
  if (wish.target.kind == nostr::Reference::Kind::Address) return event.has("a", wish.target.value);
  return event.last("e") == wish.target.value;  // the last one is the target
}

/// Ids of what counts; a relay may send what it was not asked for.
std::vector<std::string> find_acts(const Wish& wish, const std::string& author, Instant now,
                                   const std::vector<nostr::Event>& events) {
  std::vector<std::string> ids;
  const nostr::Event* follows = nullptr;
  for (const nostr::Event& event : events) {
    if (event.author != author || event.created_at > now + kSkew) continue;
    if (wish.act == Act::Follow) {
      const bool newer = follows == nullptr || event.created_at > follows->created_at ||
                         (event.created_at == follows->created_at && event.id < follows->id);
      if (event.kind == kFollows && newer) follows = &event;
      continue;
    }
    const bool right = wish.act == Act::Like ? event.kind == kReaction && is_like(event.content)
                                             : event.kind == kRepost || event.kind == kGenericRepost;
    if (right && is_about(wish, event)) ids.push_back(event.id);
  }
  if (follows != nullptr && follows->has("p", wish.target.author)) ids.push_back(follows->id);
  return ids;
}

std::unexpected<Error> not_found(const Wish& wish) {
  const std::string what = wish.act == Act::Follow ? "list of follows with this account on it"
                           : wish.act == Act::Like ? "like of this by your account"
                                                   : "repost of this by your account";
  return fail(
      ErrorCode::Forbidden, "not_liked",
      "The relays that this node asks know no " + what +
          ". If you have just done it, wait a moment; if your relays are others, publish it to one of these too.");
}

class NostrLikeVerifier final : public Verifier {
 public:
  explicit NostrLikeVerifier(const VerifierNeeds& needs)
      : database_(needs.database), key_(needs.network_key), relays_(needs.run, needs.nostr.relays) {}

  policy::Requirement requirement() const override { return policy::Requirement::SocialLike; }
  std::string variant() const override { return "nostr"; }
  bool is_for(const policy::Leaf& leaf) const override {
    const auto params = parse_json(leaf.params);
    return params && params->value("network", "") == "nostr" && read_wish(leaf);
  }
  double trust() const override { return kTrust; }
  std::string calibration() const override {
    return "The key that signed has done it, and it is on a relay. Keys cost nothing: whether a person stands behind "
           "this one is "
           "not known. Where many keys of one network come to a title in a day, each is trusted less (0.2).";
  }

  void stop() override { relays_.stop(); }

  void start(const ActionContext& context, Done<Challenge> done) override { done(challenge(context)); }

  void check(const ActionContext& context, const Json& state, const Json& response, Done<Evidence> done) override {
    auto wish = read_wish(context.leaf);
    if (!wish) return done(std::unexpected(std::move(wish).error()));
    const auto author = read_author(context, state, response);
    if (!author) return done(std::unexpected(author.error()));
    relays_.ask(filter_for(*wish, *author), [this, context, wish = *wish, author = *author,
                                             done = std::move(done)](Result<std::vector<nostr::Event>> events) mutable {
      if (!events) return done(std::unexpected(std::move(events).error()));
      auto acts = find_acts(wish, author, context.now, *events);
      if (acts.empty()) return done(not_found(wish));
      if (wish.act == Act::Follow) return done(conclude(context, wish, author));
      ask_for_deletions(context, wish, author, std::move(acts), std::move(done));
    });
  }

 private:
  static Result<Challenge> challenge(const ActionContext& context) {
    SWARMA_TRY(const Wish wish, read_wish(context.leaf));
    const std::string url = context.base_url + "/v1/actions/complete";
    const nostr::Event proof = proof_of(context, url);
    SWARMA_TRY(std::string text,
               canonical_json({{"network", "nostr"},
                               {"action", wish.action},
                               {"target", wish.target_text},
                               {"event", {{"kind", proof.kind}, {"tags", proof.tags}, {"content", proof.content}}},
                               {"expires_at", Expiry(context.now, kActionLife).unix_s()}}));
    SWARMA_TRY(std::string state, canonical_json({{"url", url}, {"offered_at", context.now.unix_s()}}));
    return Challenge{.challenge = std::move(text), .state = std::move(state)};
  }

  /// Who signed for this viewer.
  static Result<std::string> read_author(const ActionContext& context, const Json& state, const Json& response) {
    const JsonReader reader(response, "response");
    SWARMA_RETURN_IF_ERROR(reader.only({"event"}));
    SWARMA_TRY(const Json* json, reader.object("event"));
    SWARMA_TRY(nostr::Event event, nostr::read_event(*json));
    const JsonReader remembered(state, "action's state");
    SWARMA_TRY(const std::string url, remembered.text("url", 1'000));
    SWARMA_TRY(const Instant offered_at, remembered.instant("offered_at"));
    const nostr::Event proof = proof_of(context, url);
    if (event.kind != proof.kind || event.tags != proof.tags || event.content != proof.content)
      return fail(ErrorCode::Forbidden, "wrong_event",
                  "Another event was signed than the one that was asked for: sign it as it is.");
    if (event.created_at + kSkew < offered_at || event.created_at > context.now + kSkew)
      return fail(ErrorCode::Forbidden, "wrong_event", "The event was not signed now: check the clock of your device.");
    return event.author;
  }

  void ask_for_deletions(const ActionContext& context, const Wish& wish, const std::string& author,
                         std::vector<std::string> acts, Done<Evidence> done) {
    const Json filter = {{"kinds", Json::array({kDeletion})}, {"authors", Json::array({author})}, {"#e", acts}};
    relays_.ask(filter, [this, context, wish, author, acts = std::move(acts),
                         done = std::move(done)](Result<std::vector<nostr::Event>> deletions) mutable {
      if (!deletions) return done(std::unexpected(std::move(deletions).error()));
      const bool stands = std::ranges::any_of(acts, [&](const std::string& id) {
        return std::ranges::none_of(*deletions, [&](const nostr::Event& event) {
          return event.kind == kDeletion && event.author == author && event.has("e", id);
        });
      });
      if (!stands) return done(not_found(wish));
      done(conclude(context, wish, author));
    });
  }

  Result<Evidence> conclude(const ActionContext& context, const Wish& wish, const std::string& author) const {
    const AccountUse use = account_use(key_, context, "nostr:" + author);
    SWARMA_TRY(const bool crowded, is_crowded(database_, context, use));
    SWARMA_TRY(std::string evidence, canonical_json({{"network", "nostr"}, {"action", wish.action}}));
    return Evidence{.evidence = std::move(evidence),
                    .trust = crowded ? kCrowdedTrust : kTrust,
                    .claim = [context, use](db::Session& session) { return use_account(session, context, use); }};
  }

  db::Database& database_;
  crypto::SecretKey key_;
  NostrRelays relays_;
};

}  // namespace

std::unique_ptr<Verifier> make_nostr_like_verifier(const VerifierNeeds& needs) {
  if (needs.nostr.relays.empty()) return nullptr;
  return std::make_unique<NostrLikeVerifier>(needs);
}

}  // namespace swarma::access::attest
