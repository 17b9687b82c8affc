// Actions and attestations on both engines: the first test is the usage.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "access/attest/actions_testing.h"
#include "access/attest/code_book.h"
#include "access/attest/guesser.h"
#include "access/attest/recently_issued.h"
#include "access/policy/preset.h"
#include "crypto/hash.h"
#include "db/database_testing.h"

namespace swarma::access::attest {
namespace {

using namespace std::string_literals;

using namespace std::chrono_literals;

constexpr const char* kMe = "viewer-1";

policy::Leaf leaf_of(const char* preset) {
  return policy::parse_preset(preset)->policy.paths()[0].leaves[0];
}

policy::Leaf easy_puzzle(int bits = 6) {
  const Json path = {
      {"id", "p"},
      {"requires", {{"requirement", "puzzle_solve"}, {"params", {{"algorithm", "sha256"}, {"difficulty", bits}}}}}};
  return policy::parse_policy({{"version", 1}, {"paths", Json::array({path})}})->paths()[0].leaves[0];
}

std::string reason(const auto& result) {
  return result ? "fine" : result.error().reason;
}

class AttestTest : public ::testing::TestWithParam<db::testing::Engine> {
 protected:
  void SetUp() override {
    auto made = db::testing::make_test_database(GetParam());
    ASSERT_TRUE(made) << made.error().message;
    database_.emplace(*std::move(made));
    const auto migrated = db().migrate(migrations());
    ASSERT_TRUE(migrated) << migrated.error().message;
    actions_ = make_actions();
  }

  std::unique_ptr<Actions> make_actions() {
    return std::make_unique<Actions>(db(), clock_, issuer_, make_verifiers({db(), network_key_}));
  }

  db::Database& db() { return **database_; }
  Result<StartedAction> start(const policy::Leaf& leaf, const std::string& viewer = kMe) {
    return testing::start(*actions_, {title_, creator_.did(), leaf, viewer});
  }
  std::string started(const policy::Leaf& leaf, const std::string& viewer = kMe) {
    const auto action = start(leaf, viewer);
    EXPECT_TRUE(action) << action.error().message;
    return action ? action->action_id : "";
  }
  Result<IssuedAttestation> enter(const std::string& code, const std::string& viewer = kMe,
                                  std::shared_ptr<Guest> guest = {}) {
    return testing::complete(*actions_, started(leaf_of("code:popcorn"), viewer), {viewer, std::move(guest)},
                             {{"code", code}});
  }
  /// A throw-away key's guess: its reason, and for how many seconds the answer is held.
  std::pair<std::string, std::int64_t> guess(const std::string& code, const std::string& network) {
    const auto guest = std::make_shared<Guest>(Guest{.network = network});
    const std::string viewer = "key-" + std::to_string(++keys_);
    const std::string why = reason(enter(code, viewer, guest));
    return {why, guest->hold.count()};
  }
  void use_up(const std::string& network) {
    for (int i = 0; i < kAttemptsPerNetwork; ++i) ASSERT_EQ(guess("guess", network), std::pair("wrong_code"s, 0L));
  }
  IssuedAttestation enter_goodwill() {
    const std::string text = parse_json(leaf_of("goodwill").params).value()["text"];
    return testing::complete(*actions_, started(leaf_of("goodwill")), {kMe},
                             {{"accepted", true}, {"text_hash", to_base64url(crypto::sha256(view(text)))}})
        .value();
  }
  void publish_codes(const title::CodeLists& codes) {
    const auto hashed = hash_codes(db(), title_, codes);
    ASSERT_TRUE(hashed) << hashed.error().message;
    const auto put = db().transact([&](db::Session& session) { return replace_codes(session, title_, *hashed); });
    ASSERT_TRUE(put) << put.error().message;
  }
  AttestationExpectation expected() const {
    return {kMe, title_, clock_.now(), [this](const crypto::Did& did) { return did == issuer_.did(); }};
  }
  static std::string solve(const Json& challenge) {
    for (int n = 0;; ++n)
      if (puzzle_bits(challenge["seed"].get<std::string>(), std::to_string(n)) >= challenge["difficulty"].get<int>())
        return std::to_string(n);
  }
  std::string wrong_solution(const Json& challenge) {
    for (int n = 0;; ++n)
      if (puzzle_bits(challenge["seed"].get<std::string>(), std::to_string(n)) < challenge["difficulty"].get<int>())
        return std::to_string(n);
  }

  std::optional<db::testing::TestDatabase> database_;
  FakeClock clock_;
  crypto::SigningKey issuer_ = crypto::SigningKey::generate();
  crypto::SigningKey creator_ = crypto::SigningKey::generate();
  TitleId title_{TitleId::Raw{7}};
  crypto::SecretKey network_key_ = crypto::random_key();
  std::unique_ptr<Actions> actions_;
  int keys_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Engines, AttestTest, ::testing::ValuesIn(db::testing::kEngines), db::testing::engine_name);

TEST_P(AttestTest, AViewerSolvesAPuzzleAndIsAttested) {
  const auto action = start(easy_puzzle());
  ASSERT_TRUE(action) << action.error().message;
  EXPECT_EQ(action->expires_at, Expiry(clock_.now(), kActionLife));
  const Json challenge = parse_json(action->challenge).value();
  const auto issued = testing::complete(*actions_, action->action_id, {kMe}, {{"solution", solve(challenge)}});
  ASSERT_TRUE(issued) << issued.error().message;

  const auto attestation = verify_attestation(issued->jws, expected());
  ASSERT_TRUE(attestation) << attestation.error().message;
  EXPECT_EQ(attestation->key, easy_puzzle().key);
  EXPECT_EQ(attestation->trust, 1);
  EXPECT_EQ(attestation->subject, kMe);
  EXPECT_EQ(actions_->state(issued->id).value(), AttestationState::Valid);
}

TEST_P(AttestTest, AnyNodeOnTheDatabaseCanCompleteAnAction) {
  const std::string id = started(leaf_of("goodwill"));
  const auto other_node = make_actions();
  const std::string text = parse_json(leaf_of("goodwill").params).value()["text"];
  const auto issued = testing::complete(*other_node, id, {kMe},
                                        {{"accepted", true}, {"text_hash", to_base64url(crypto::sha256(view(text)))}});
  EXPECT_TRUE(issued) << issued.error().message;
}

TEST_P(AttestTest, GoodwillMeansThisSentence) {
  const std::string id = started(leaf_of("goodwill"));
  EXPECT_EQ(reason(testing::complete(*actions_, id, {kMe}, {{"accepted", false}, {"text_hash", ""}})), "not_accepted");
  EXPECT_EQ(reason(testing::complete(*actions_, id, {kMe},
                                     {{"accepted", true}, {"text_hash", to_base64url(crypto::sha256(view("Other")))}})),
            "wrong_text");
  EXPECT_EQ(reason(testing::complete(*actions_, id, {kMe}, {{"accepted", "yes"}})), "bad_member");
}

TEST_P(AttestTest, AnActionEndsOnce) {
  const auto action = start(easy_puzzle());
  const Json challenge = parse_json(action->challenge).value();
  EXPECT_EQ(reason(testing::complete(*actions_, action->action_id, {kMe}, {{"solution", wrong_solution(challenge)}})),
            "wrong_solution");
  EXPECT_EQ(reason(testing::complete(*actions_, action->action_id, {"somebody"}, {{"solution", solve(challenge)}})),
            "action_wrong_viewer");
  EXPECT_EQ(reason(testing::complete(*actions_, action->action_id, {kMe}, {{"solution", solve(challenge)}})), "fine");
  EXPECT_EQ(reason(testing::complete(*actions_, action->action_id, {kMe}, {{"solution", solve(challenge)}})),
            "action_completed");
  EXPECT_EQ(reason(testing::complete(*actions_, "AAAAAAAAAAAAAAAAAAAAAA", {kMe}, Json::object())), "action_unknown");
  EXPECT_EQ(reason(testing::complete(*actions_, "'; DROP TABLE actions", {kMe}, Json::object())), "action_unknown");
}

TEST_P(AttestTest, AnActionExpires) {
  const std::string id = started(easy_puzzle());
  clock_.advance(kActionLife);
  EXPECT_EQ(reason(testing::complete(*actions_, id, {kMe}, {{"solution", "1"}})), "action_expired");
}

TEST_P(AttestTest, TriesAndOpenActionsAreBounded) {
  const auto action = start(easy_puzzle(40));
  for (int i = 0; i < kMaxTries; ++i)
    EXPECT_EQ(reason(testing::complete(*actions_, action->action_id, {kMe}, {{"solution", "1"}})), "wrong_solution");
  EXPECT_EQ(reason(testing::complete(*actions_, action->action_id, {kMe}, {{"solution", "1"}})), "too_many_tries");
  for (int i = 1; i < kMaxOpenActions; ++i) started(easy_puzzle());
  EXPECT_EQ(reason(start(easy_puzzle())), "too_many_actions");
  EXPECT_EQ(reason(start(easy_puzzle(), "somebody")), "fine");
}

TEST_P(AttestTest, ARequirementWithoutVerifierIsSaidSo) {
  policy::Leaf leaf = leaf_of("goodwill");
  leaf.requirement = policy::Requirement::WatchAd;
  EXPECT_FALSE(actions_->available(leaf));
  EXPECT_EQ(reason(start(leaf)), "no_verifier");
}

TEST_P(AttestTest, ACodeOpensForAsManyViewersAsItIsFor) {
  publish_codes({{"codes", {{"popcorn", 2}, {"unlimited", 0}}}});
  EXPECT_EQ(reason(enter("popcorn", "a")), "fine");
  EXPECT_EQ(reason(enter("popcorn", "a")), "fine");  // the same viewer is no further use
  EXPECT_EQ(reason(enter("popcorn", "b")), "fine");
  EXPECT_EQ(reason(enter("popcorn", "c")), "code_used_up");
  EXPECT_EQ(reason(enter("unlimited", "c")), "fine");
  EXPECT_EQ(reason(enter("Popcorn", "c")), "wrong_code");
  // A new revision keeps the counts of codes that stay, and drops the others.
  publish_codes({{"codes", {{"popcorn", 3}}}});
  EXPECT_EQ(reason(enter("unlimited", "d")), "wrong_code");
  EXPECT_EQ(reason(enter("popcorn", "d")), "fine");
  EXPECT_EQ(reason(enter("popcorn", "e")), "code_used_up");
}

TEST_P(AttestTest, TwoViewersCannotShareTheLastUseOfACode) {
  publish_codes({{"codes", {{"popcorn", 1}}}});
  std::vector<std::string> reasons(4);
  {
    std::vector<std::jthread> viewers;
    for (std::size_t i = 0; i < reasons.size(); ++i)
      viewers.emplace_back([&, i] { reasons[i] = reason(enter("popcorn", "viewer-" + std::to_string(i))); });
  }
  EXPECT_EQ(std::count(reasons.begin(), reasons.end(), "fine"), 1);
  EXPECT_EQ(std::count(reasons.begin(), reasons.end(), "code_used_up"), 3);
}

TEST_P(AttestTest, GuessingCodesIsLimitedPerViewerOnEveryNode) {
  publish_codes({{"codes", {{"popcorn", 0}}}});
  for (int i = 0; i < kAttemptsPerViewer; ++i) EXPECT_EQ(reason(enter("guess-" + std::to_string(i))), "wrong_code");
  EXPECT_EQ(reason(enter("popcorn")), "too_many_codes");
  actions_ = make_actions();  // another node on the same database
  EXPECT_EQ(reason(enter("popcorn")), "too_many_codes");
  EXPECT_EQ(reason(enter("popcorn", "somebody else")), "fine");
  clock_.advance(std::chrono::seconds(kAttemptWindowSeconds));
  EXPECT_EQ(reason(enter("popcorn")), "fine");
}

TEST_P(AttestTest, RightCodesDoNotCountAsGuesses) {
  publish_codes({{"codes", {{"popcorn", 0}}}});
  for (int i = 0; i < kAttemptsPerViewer + 3; ++i) EXPECT_EQ(reason(enter("popcorn")), "fine");
}

TEST_P(AttestTest, GuessesSlowTheirNetworkAndNobodyElse) {
  publish_codes({{"codes", {{"popcorn", 0}}}});
  use_up("4:c00002");
  // The network has its turns, and a right code gets in at one of them.
  EXPECT_EQ(guess("guess", "4:c00002"), std::pair("wrong_code"s, 0L));
  EXPECT_EQ(guess("popcorn", "4:c00002"), std::pair("fine"s, kPaceSeconds));
  actions_ = make_actions();  // another node on the same database
  EXPECT_EQ(guess("guess", "4:c00002"), std::pair("wrong_code"s, 2 * kPaceSeconds));
  EXPECT_EQ(guess("popcorn", "4:c00002"), std::pair("fine"s, 3 * kPaceSeconds));
  // More are not checked at all, and are told the wait.
  const auto guest = std::make_shared<Guest>(Guest{.network = "4:c00002"});
  const auto refused = enter("popcorn", "late", guest);
  EXPECT_EQ(reason(refused), "too_many_codes");
  EXPECT_EQ(refused.error().retry_after, std::chrono::seconds(4 * kPaceSeconds));
  EXPECT_EQ(guest->hold.count(), 0);
  clock_.advance(std::chrono::seconds(kPaceSeconds));
  EXPECT_EQ(guess("popcorn", "4:c00002"), std::pair("fine"s, 3 * kPaceSeconds));
  // Elsewhere nobody notices, and here nobody once the window is over.
  EXPECT_EQ(guess("popcorn", "4:c63364"), std::pair("fine"s, 0L));
  clock_.advance(std::chrono::seconds(kAttemptWindowSeconds));
  EXPECT_EQ(guess("popcorn", "4:c00002"), std::pair("fine"s, 0L));
}

TEST_P(AttestTest, WhoIsWrongAgainFromASlowedNetworkIsRefused) {
  publish_codes({{"codes", {{"popcorn", 0}}}});
  use_up("4:c00002");
  const auto guest = std::make_shared<Guest>(Guest{.network = "4:c00002"});
  for (int i = 0; i < kSlowedAttempts; ++i) {
    EXPECT_EQ(reason(enter("guess", "me", guest)), "wrong_code");
    clock_.advance(std::chrono::seconds(kPaceSeconds));
  }
  const auto refused = enter("popcorn", "me", guest);
  EXPECT_EQ(reason(refused), "too_many_codes");
  EXPECT_EQ(refused.error().retry_after, std::chrono::seconds(kAttemptWindowSeconds - kSlowedAttempts * kPaceSeconds));
  EXPECT_EQ(guess("popcorn", "4:c00002"), std::pair("fine"s, 0L));
}

TEST_P(AttestTest, AClockThatIsSetBackShutsNoNetwork) {
  publish_codes({{"codes", {{"popcorn", 0}}}});
  clock_.set(std::chrono::seconds(500));
  use_up("4:c00002");
  EXPECT_EQ(guess("guess", "4:c00002"), std::pair("wrong_code"s, 0L));
  clock_.set(-std::chrono::seconds(400));
  EXPECT_EQ(guess("popcorn", "4:c00002"), std::pair("fine"s, 0L));
}

TEST_P(AttestTest, NothingTellsWhereGuessesCameFrom) {
  publish_codes({{"codes", {{"popcorn", 0}}}});
  const std::string network = network_of("198.51.100.77");
  guess("guess", network);
  const auto rows = db().query("SELECT viewer FROM code_attempts WHERE viewer LIKE 'net:%'");
  ASSERT_EQ(rows->size(), 1u);
  EXPECT_EQ(rows->front().text(0).find("c63364"), std::string::npos);
  EXPECT_NE(network_name(network_key_, 1, title_, network), network_name(network_key_, 2, title_, network));
  EXPECT_NE(network_name(network_key_, 1, title_, network), network_name(crypto::random_key(), 1, title_, network));
  clock_.advance(std::chrono::seconds(kAttemptWindowSeconds));
  ASSERT_TRUE(actions_->prune());
  EXPECT_TRUE(db().query("SELECT viewer FROM code_attempts")->empty()) << "it is forgotten with its window";
}

TEST(Guesser, ANetworkIsWhatOneCustomerHas) {
  EXPECT_EQ(network_of("192.0.2.1"), network_of("192.0.2.200"));
  EXPECT_NE(network_of("192.0.2.1"), network_of("192.0.3.1"));
  EXPECT_EQ(network_of("::ffff:192.0.2.9"), network_of("192.0.2.1"));
  EXPECT_EQ(network_of("2001:db8:1::1"), network_of("2001:db8:1:ffff:1:2:3:4"));
  EXPECT_NE(network_of("2001:db8:1::1"), network_of("2001:db8:2::1"));
  EXPECT_EQ(network_of("fe80::1%eth0"), network_of("fe80::2"));
  EXPECT_EQ(network_of("nonsense"), "nonsense");
}

TEST_P(AttestTest, CodesAreNotStoredInTheClear) {
  publish_codes({{"codes", {{"popcorn-42", 0}}}});
  const auto rows = db().query("SELECT hash FROM codes").value();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].blob(0).size(), 32u);
  EXPECT_EQ(as_text(rows[0].blob(0)).find("popcorn"), std::string_view::npos);
}

TEST_P(AttestTest, AnAttestationIsConsumedOnce) {
  const auto issued = enter_goodwill();
  const auto attestation = verify_attestation(issued.jws, expected()).value();
  const auto take = [&] {
    return reason(db().transact([&](db::Session& session) { return consume(session, attestation, clock_.now()); }));
  };
  EXPECT_EQ(take(), "fine");
  EXPECT_EQ(actions_->state(issued.id).value(), AttestationState::Used);
  EXPECT_EQ(take(), "attestation_used");
}

TEST_P(AttestTest, AForgottenAttestationStaysUsedWhateverTheClockDoes) {
  const auto attestation = verify_attestation(enter_goodwill().jws, expected()).value();
  const auto take = [&](const Attestation& one) {
    return reason(db().transact([&](db::Session& session) { return consume(session, one, clock_.now()); }));
  };
  EXPECT_EQ(take(attestation), "fine");
  clock_.advance(kAttestationLife + 2h);
  EXPECT_GE(actions_->prune().value(), 1);
  clock_.set(-2h - kAttestationLife);
  EXPECT_EQ(take(attestation), "attestation_expired");
  Attestation later = attestation;
  later.id = "AAAAAAAAAAAAAAAAAAAAAA";
  later.expires_at = Expiry(attestation.issued_at, kAttestationLife + 1s);
  EXPECT_EQ(take(later), "fine");
}

TEST_P(AttestTest, AForeignAttestationIsConsumedOnceToo) {
  const auto foreign = crypto::SigningKey::generate();
  Attestation attestation = verify_attestation(enter_goodwill().jws, expected()).value();
  attestation.issuer = foreign.did();
  const auto take = [&] {
    return reason(db().transact([&](db::Session& session) { return consume(session, attestation, clock_.now()); }));
  };
  EXPECT_EQ(take(), "fine");
  EXPECT_EQ(take(), "attestation_used");
}

TEST_P(AttestTest, OnlySubjectCreatorAndOperatorRevoke) {
  const auto issued = enter_goodwill();
  EXPECT_EQ(reason(actions_->revoke(issued.id, {"somebody", false})), "attestation_unknown");
  EXPECT_EQ(actions_->state(issued.id).value(), AttestationState::Valid);
  EXPECT_EQ(reason(actions_->revoke(issued.id, {creator_.jkt(), false})), "fine");
  EXPECT_EQ(actions_->state(issued.id).value(), AttestationState::Revoked);
  const auto attestation = verify_attestation(issued.jws, expected()).value();
  EXPECT_EQ(reason(db().transact([&](db::Session& session) { return consume(session, attestation, clock_.now()); })),
            "attestation_revoked");
  EXPECT_EQ(reason(actions_->revoke(enter_goodwill().id, {kMe, false})), "fine");
  EXPECT_EQ(reason(actions_->revoke(enter_goodwill().id, {"operator", true})), "fine");
}

TEST_P(AttestTest, EveryRefusalOfAnAttestationHasItsReason) {
  const std::string jws = enter_goodwill().jws;
  const auto refused = [&](auto change) {
    AttestationExpectation wanted = expected();
    change(wanted);
    return reason(verify_attestation(jws, wanted));
  };
  EXPECT_EQ(refused([](auto&) {}), "fine");
  EXPECT_EQ(refused([](auto& e) { e.viewer = "you"; }), "attestation_wrong_viewer");
  EXPECT_EQ(refused([](auto& e) { e.title = TitleId(TitleId::Raw{8}); }), "attestation_wrong_title");
  EXPECT_EQ(refused([](auto& e) { e.now += kAttestationLife; }), "attestation_expired");
  EXPECT_EQ(refused([](auto& e) { e.now -= 100s; }), "attestation_expired");
  EXPECT_EQ(refused([](auto& e) { e.accepts = [](const crypto::Did&) { return false; }; }), "issuer_not_trusted");
  for (std::size_t i = 0; i < jws.size(); i += 53) {
    std::string bent = jws;
    bent[i] = bent[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(reason(verify_attestation(bent, expected())), "attestation_forged") << i;
  }
}

TEST_P(AttestTest, WhatThisDatabaseIssuedIsKnownByItsHash) {
  const std::string jws = enter_goodwill().jws;
  EXPECT_EQ(reason(verify_attestation(db(), nullptr, jws, expected())), "fine");
  AttestationExpectation other = expected();
  other.viewer = "you";
  EXPECT_EQ(reason(verify_attestation(db(), nullptr, jws, other)), "attestation_wrong_viewer");
  // Any change leads to the signature, which then does not fit.
  for (std::size_t i = 0; i < jws.size(); i += 53) {
    std::string bent = jws;
    bent[i] = bent[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(reason(verify_attestation(db(), nullptr, bent, expected())), "attestation_forged") << i;
  }
  // The same claims signed by somebody else are not what was issued.
  const auto claims = verify_attestation(jws, expected()).value();
  EXPECT_EQ(reason(verify_attestation(db(), nullptr, sign_attestation(claims, creator_).value(), expected())),
            "attestation_forged");
  // Without the row the signature decides.
  ASSERT_TRUE(db().execute("DELETE FROM attestations"));
  EXPECT_EQ(reason(verify_attestation(db(), nullptr, jws, expected())), "fine");
}

TEST_P(AttestTest, PruningRemovesWhatIsOver) {
  enter_goodwill();
  started(easy_puzzle());
  EXPECT_EQ(actions_->prune().value(), 0);
  clock_.advance(std::chrono::hours(24));
  EXPECT_EQ(actions_->prune().value(), 3);
  EXPECT_EQ(actions_->prune().value(), 0);
}

TEST_P(AttestTest, WhatWasJustIssuedIsKnownAndIsStillOnlyForItsViewer) {
  RecentlyIssued recent;
  actions_ = std::make_unique<Actions>(db(), clock_, issuer_, make_verifiers({db(), network_key_}), &recent);
  const std::string jws = enter_goodwill().jws;
  const auto known = verify_attestation(db(), &recent, jws, expected());
  const auto read = verify_attestation(jws, expected());
  ASSERT_TRUE(known && read);
  EXPECT_EQ(known->jws, read->jws);
  EXPECT_EQ(known->id, read->id);
  EXPECT_EQ(known->key, read->key);
  EXPECT_EQ(known->expires_at, read->expires_at);
  AttestationExpectation other = expected();
  other.viewer = "viewer-2";
  EXPECT_EQ(reason(verify_attestation(db(), &recent, jws, other)), "attestation_wrong_viewer");
  other = expected();
  other.now += kAttestationLife;
  EXPECT_EQ(reason(verify_attestation(db(), &recent, jws, other)), "attestation_expired");
  std::string bent = jws;
  bent.back() = bent.back() == 'A' ? 'Q' : 'A';
  EXPECT_EQ(reason(verify_attestation(db(), &recent, bent, expected())), "attestation_forged");
  for (std::size_t i = 0; i < kMaxRecentlyIssued; ++i)
    recent.put({.id = {},
                .issuer = issuer_.did(),
                .subject = {},
                .title = title_,
                .requirement = policy::Requirement::GoodwillAck,
                .params = {},
                .key = {},
                .evidence = {},
                .nonce = {},
                .jws = std::to_string(i)});
  EXPECT_EQ(recent.find(attestation_digest(jws)), nullptr);  // the oldest went, and is verified in full
  EXPECT_EQ(reason(verify_attestation(db(), &recent, jws, expected())), "fine");
}

}  // namespace
}  // namespace swarma::access::attest
