// watch_ad: the viewer watches a creative, a title of its own, for so many seconds. Challenge {"creative","seconds",
// "beat_s","nonce"}; while it plays, every beat_s seconds the message {"nonce","visible","focused"} gives the reply
// {"nonce","watched_s"}; response {} once watched_s is enough.
//
// Only this node's clock counts: the time between two beats, if it is no longer than kLongestBeat. Each beat carries
// the nonce of the reply before, so beats can be neither made ahead nor sent twice; a viewer has one running ad, a
// network kAdsPerNetwork. Whether somebody looked is the page's word: it is not believed, it makes the trust higher or
// lower.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "access/attest/guesser.h"
#include "access/attest/verifier.h"
#include "base/random.h"

namespace swarma::access::attest {
namespace {

constexpr std::int64_t kBeat = 5;          // seconds between two beats, as the page is asked to send them
constexpr std::int64_t kLongestBeat = 12;  // a longer silence was a pause
constexpr std::int64_t kAdsPerNetwork = 8;
constexpr double kPlayed = 0.2, kVisible = 0.5, kFocused = 0.2;  // the trust, and what seeing all of it adds

struct Watched {
  std::string nonce;
  std::int64_t beat_at = 0;                            // Unix seconds of the beat before; 0: none yet
  std::int64_t seconds = 0, visible = 0, focused = 0;  // credited
};

std::string new_nonce() {
  return to_base64url(random_array<12>());
}

Result<Watched> read_watched(const Json& state) {
  const JsonReader reader(state, "action's state");
  Watched watched;
  constexpr std::int64_t kMost = std::int64_t{1} << 40;
  SWARMA_TRY(watched.nonce, reader.text("nonce", 32));
  SWARMA_TRY(watched.beat_at, reader.integer("beat_at", 0, kMost));
  SWARMA_TRY(watched.seconds, reader.integer("seconds", 0, kMost));
  SWARMA_TRY(watched.visible, reader.integer("visible", 0, kMost));
  SWARMA_TRY(watched.focused, reader.integer("focused", 0, kMost));
  return watched;
}

Result<std::string> state_of(const Watched& watched) {
  return canonical_json({{"nonce", watched.nonce},
                         {"beat_at", watched.beat_at},
                         {"seconds", watched.seconds},
                         {"visible", watched.visible},
                         {"focused", watched.focused}});
}

class AdVerifier final : public PromptVerifier {
 public:
  AdVerifier(db::Database& database, const crypto::SecretKey& network_key)
      : database_(database), network_key_(network_key) {}

  policy::Requirement requirement() const override { return policy::Requirement::WatchAd; }
  bool is_for(const policy::Leaf& leaf) const override {
    const auto params = parse_json(leaf.params);
    return params && TitleId::parse(params->value("creative", "")).has_value();
  }
  double trust() const override { return kPlayed + kVisible + kFocused; }
  std::string calibration() const override {
    return "The seconds passed by this node's clock while the viewer's page said that it played. That it was visible "
           "and in front adds trust; nobody can know whether somebody looked.";
  }

  Result<Challenge> challenge(const ActionContext& context) override {
    SWARMA_TRY(const Json params, parse_json(context.leaf.params));
    const Watched watched{.nonce = new_nonce()};
    SWARMA_TRY(std::string challenge, canonical_json({{"creative", params.at("creative")},
                                                      {"seconds", params.at("seconds")},
                                                      {"beat_s", kBeat},
                                                      {"nonce", watched.nonce}}));
    SWARMA_TRY(std::string state, state_of(watched));
    return Challenge{std::move(challenge), std::move(state)};
  }

  Result<Noted> take(const ActionContext& context, const Json& state, const Json& message) override {
    const JsonReader reader(message, "message");
    SWARMA_RETURN_IF_ERROR(reader.only({"nonce", "visible", "focused"}));
    SWARMA_TRY(const std::string nonce, reader.text("nonce", 32));
    SWARMA_TRY(const bool visible, reader.boolean_or("visible", false));
    SWARMA_TRY(const bool focused, reader.boolean_or("focused", false));
    SWARMA_TRY(Watched watched, read_watched(state));
    if (!crypto::equal_in_constant_time(view(nonce), view(watched.nonce)))
      return fail(ErrorCode::Conflict, "beat_out_of_turn",
                  "This beat does not follow the last one: send the nonce of the last reply.");
    SWARMA_RETURN_IF_ERROR(keep_to_one(context));
    const std::int64_t now = context.now.unix_s(), since = now - watched.beat_at;
    if (watched.beat_at != 0 && since > 0 && since <= kLongestBeat) {
      watched.seconds += since;
      watched.visible += visible ? since : 0;
      watched.focused += focused ? since : 0;
    }
    watched.beat_at = now;
    watched.nonce = new_nonce();
    SWARMA_TRY(std::string next, state_of(watched));
    SWARMA_TRY(std::string reply, canonical_json({{"nonce", watched.nonce}, {"watched_s", watched.seconds}}));
    return Noted{std::move(next), std::move(reply)};
  }

  Result<Evidence> judge(const ActionContext& context, const Json& state, const Json& response) override {
    SWARMA_RETURN_IF_ERROR(JsonReader(response, "response").only({}));
    SWARMA_TRY(const Json params, parse_json(context.leaf.params));
    SWARMA_TRY(const std::int64_t seconds, JsonReader(params, "ad requirement").integer("seconds", 1, 600));
    SWARMA_TRY(const Watched watched, read_watched(state));
    if (watched.seconds < seconds)
      return fail(ErrorCode::Conflict, "not_yet",
                  std::to_string(watched.seconds) + " of " + std::to_string(seconds) +
                      " seconds were watched so far: let it play on.",
                  std::chrono::seconds(std::min(seconds - watched.seconds, kBeat)));
    const auto part = [&](std::int64_t of) { return static_cast<double>(of) / static_cast<double>(watched.seconds); };
    SWARMA_TRY(std::string evidence, canonical_json({{"seconds", watched.seconds}}));
    return Evidence{.evidence = std::move(evidence),
                    .trust = kPlayed + kVisible * part(watched.visible) + kFocused * part(watched.focused)};
  }

 private:
  /// Refuses a beat while the viewer's other ad, or too many of the same network, are running.
  Result<void> keep_to_one(const ActionContext& context) {
    const std::int64_t now = context.now.unix_s();
    const std::string network =
        network_name(network_key_, 0, context.title, context.guest ? context.guest->network : std::string());
    return database_.transact([&](db::Session& session) -> Result<void> {
      // Beats of the future are of before the clock was set back.
      SWARMA_TRY(const std::int64_t mine,
                 session.execute("INSERT INTO attest_ads (viewer, action_id, network, beat_at) VALUES ($1, $2, $3, $4) "
                                 "ON CONFLICT (viewer) DO UPDATE SET action_id = excluded.action_id, network = "
                                 "excluded.network, beat_at = excluded.beat_at WHERE attest_ads.action_id = "
                                 "excluded.action_id OR attest_ads.beat_at < $5 OR attest_ads.beat_at > $4",
                                 {context.viewer, context.action_id, network, now, now - kLongestBeat}));
      if (mine == 0)
        return fail(ErrorCode::Conflict, "ad_elsewhere", "Another ad is running for you: watch one after the other.",
                    std::chrono::seconds(kLongestBeat));
      SWARMA_TRY(const db::Rows rows,
                 session.query("SELECT COUNT(*) FROM attest_ads WHERE network = $1 AND beat_at >= $2 AND beat_at <= $3",
                               {network, now - kLongestBeat, now}));
      if (rows.front().integer(0) > kAdsPerNetwork)
        return fail(ErrorCode::TooMany, "too_many_ads",
                    "Too many ads are being watched from your network at once: try again in a minute.",
                    std::chrono::seconds(60));
      return {};
    });
  }

  db::Database& database_;
  crypto::SecretKey network_key_;
};

}  // namespace

std::unique_ptr<Verifier> make_ad_verifier(const VerifierNeeds& needs) {
  return std::make_unique<AdVerifier>(needs.database, needs.network_key);
}

}  // namespace swarma::access::attest
