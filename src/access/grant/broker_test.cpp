// Key requests on both engines, each refusal by its reason: the first test is the usage.
#include "access/grant/broker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "access/attest/attestation.h"
#include "access/grant/broker_testing.h"
#include "access/grant/title_testing.h"
#include "crypto/hash.h"
#include "db/database_testing.h"
#include "once/tables.h"

namespace swarma::access::grant {

using namespace grant::testing;
namespace {

using namespace std::chrono_literals;

using ::testing::ElementsAre;

constexpr std::string_view kPolicy = R"({"version":1,"paths":[
  {"id":"preview","grants":{"slots":[0,8],"key_groups":["sd"]}},
  {"id":"kind","requires":{"allOf":[{"requirement":"goodwill_ack","params":{"text":"Kind."}},
     {"anyOf":[{"requirement":"allowlist_token","params":{"list":"friends"}},
               {"requirement":"puzzle_solve","params":{"algorithm":"sha256","difficulty":8}}]}]},
   "grants":{"slots":[0,50],"ttl_s":600,"unlock_s":7200,"window_s":40,"count":3}},
  {"id":"rare","requires":{"requirement":"goodwill_ack","params":{"text":"Rare."}},"grants":{"max_plays":2,"cooldown_s":60}},
  {"id":"trusted","requires":{"requirement":"goodwill_ack","params":{"text":"Kind."},"min_trust":0.9},"grants":{}},
  {"id":"local","grants":{"geo":{"allow":["DE"]}}}]})";

const policy::Leaf& leaf_of(const policy::Policy& policy, const char* path, std::size_t leaf = 0) {
  return policy.find_path(path)->leaves[leaf];
}

class BrokerTest : public ::testing::TestWithParam<db::testing::Engine> {
 protected:
  void SetUp() override {
    auto made = db::testing::make_test_database(GetParam());
    ASSERT_TRUE(made) << made.error().message;
    database_.emplace(*std::move(made));
    for (const auto list : {attest::migrations(), migrations(), once::migrations()}) {
      const auto migrated = db().migrate(list);
      ASSERT_TRUE(migrated) << migrated.error().message;
    }
    source_.put(title_);
    broker_ = make_broker();
  }
  db::Database& db() { return **database_; }
  std::unique_ptr<Broker> make_broker() {
    return std::make_unique<Broker>(Broker::Needs{.database = db(),
                                                  .clock = clock_,
                                                  .titles = titles_,
                                                  .agent = agent_,
                                                  .own_issuers = {verifier_.did().text()},
                                                  .run = run_here});
  }

  attest::Attestation attestation(const policy::Leaf& leaf) {
    return {.id = to_base64url(random_array<16>()),
            .issuer = verifier_.did(),
            .subject = viewer_.jkt(),
            .title = title_.record.id,
            .requirement = leaf.requirement,
            .params = leaf.params,
            .key = leaf.key,
            .evidence = "{}",
            .trust = 1,
            .issued_at = clock_.now(),
            .expires_at = Expiry(clock_.now(), 900s),
            .nonce = "n"};
  }
  std::string attested(const char* path, std::size_t leaf = 0) {
    return attest::sign_attestation(attestation(leaf_of(policy_, path, leaf)), verifier_).value();
  }

  /// A request as the api layer would hand it over.
  KeyRequest ask(const char* path, SlotRange slots, std::vector<std::string> attestations = {},
                 std::vector<std::string> groups = {"sd"}) {
    return {
        .title = title_.record.id,
        .revision = title_.record.revision,
        .path = path,
        .slots = slots,
        .key_groups = std::move(groups),
        .encryption_key = viewer_keys_.encryption_key(),
        .attestations = std::move(attestations),
        .unlock = {},
        .viewer = viewer_.jkt(),
        .country = {},
        .proof =
            once::ProofUse{.jkt = viewer_.jkt(), .jti = to_base64url(random_array<16>()), .issued_at = clock_.now()},
        .idempotency = {}};
  }
  KeyRequest roll(const std::string& previous, const char* path, SlotRange slots) {
    KeyRequest request = ask(path, slots);
    request.unlock = previous;
    return request;
  }
  std::string reason(const KeyRequest& request) {
    const auto granted = ask_one(*broker_, request);
    return granted ? "fine" : granted.error().reason;
  }
  std::string grant(const KeyRequest& request) {
    const auto granted = ask_one(*broker_, request);
    EXPECT_TRUE(granted) << granted.error().reason << ": " << granted.error().message;
    return granted ? granted->grant : "";
  }
  policy::GrantClaims claims(const std::string& jws) {
    return policy::verify_grant(jws, creator_.signing.did()).value();
  }
  std::string kind_grant(SlotRange slots = {0, 10}) {
    return grant(ask("kind", slots, {attested("kind", 0), attested("kind", 2)}));
  }

  std::optional<db::testing::TestDatabase> database_;
  FakeClock clock_;
  TestCreator creator_;
  crypto::SigningKey verifier_ = crypto::SigningKey::generate();
  crypto::SigningKey viewer_ = crypto::SigningKey::generate();
  crypto::DecryptionKey viewer_keys_ = crypto::DecryptionKey::generate();
  TestTitle title_ = make_test_title(creator_, kPolicy);
  policy::Policy policy_ = policy::parse_policy_text(kPolicy).value();
  SignedTitlesInMemory source_;
  PreparedTitles titles_{source_};
  LocalKeyAgent agent_{creator_.signing, creator_.decryption};
  std::unique_ptr<Broker> broker_;
};
INSTANTIATE_TEST_SUITE_P(Engines, BrokerTest, ::testing::ValuesIn(db::testing::kEngines), db::testing::engine_name);

TEST_P(BrokerTest, AttestationsBecomeAGrantOfExactlyTheSlotsAskedFor) {
  const std::string jws = grant(ask("kind", {10, 20}, {attested("kind", 0), attested("kind", 2)}, {"hd", "sd"}));
  const auto got = claims(jws);
  EXPECT_EQ(got.slots, (SlotRange{10, 20}));
  EXPECT_EQ(got.expires_at, Expiry(clock_.now(), 600s));
  EXPECT_EQ(got.unlock_until, Expiry(clock_.now(), 2h));
  EXPECT_TRUE(policy::check_grant(
      got, {title_.record.id, 1, title::policy_hash(title_.record.policy), viewer_.jkt(), clock_.now()}));
  auto covers = policy::open_covers(got, viewer_keys_).value();
  ASSERT_EQ(covers.size(), 2u);
  for (const char* group : {"hd", "sd"}) {
    crypto::KeyRing viewer(100), creator(100);
    for (auto& node : covers[group]) ASSERT_TRUE(viewer.add(std::move(node)));
    ASSERT_TRUE(creator.add({0, 0, crypto::group_root(title_.secret, group)}));
    for (Slot slot = 0; slot < 100; ++slot) {
      const bool inside = slot >= 10 && slot < 20;
      ASSERT_EQ(viewer.covers(slot), inside) << slot;
      if (inside) EXPECT_EQ(*viewer.find_leaf(slot), *creator.find_leaf(slot));
    }
  }
}

TEST_P(BrokerTest, AnOpenPathNeedsNothing) {
  EXPECT_EQ(claims(grant(ask("preview", {0, 8}))).path, "preview");
  EXPECT_EQ(reason(ask("preview", {0, 9})), "outside_scope");
  EXPECT_EQ(reason(ask("preview", {0, 8}, {}, {"hd"})), "outside_scope");
}

TEST_P(BrokerTest, ScopeIsKept) {
  const auto with = [&](SlotRange slots, std::vector<std::string> groups = {"sd"}) {
    return reason(ask("kind", slots, {attested("kind", 0), attested("kind", 1)}, std::move(groups)));
  };
  EXPECT_EQ(with({45, 51}), "outside_scope");
  EXPECT_EQ(with({0, 11}), "outside_scope");  // window_s of 40 s is 10 slots
  EXPECT_EQ(with({5, 5}), "outside_scope");
  EXPECT_EQ(with({0, 10}, {}), "outside_scope");
  EXPECT_EQ(with({0, 10}, {"uhd"}), "outside_scope");
  EXPECT_EQ(with({0, 10}, {"sd", "sd"}), "outside_scope");
  EXPECT_EQ(with({40, 50}), "fine");
}

TEST_P(BrokerTest, ARefusalNamesEveryUnmetCondition) {
  const auto refused = ask_one(*broker_, ask("kind", {0, 10}, {attested("kind", 0)}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "policy_unmet");
  ASSERT_TRUE(refused.error().details);
  const Json unmet = refused.error().details->at("unmet");
  ASSERT_EQ(unmet.size(), 2u);
  EXPECT_EQ(unmet[0]["requirement"], "allowlist_token");
  EXPECT_EQ(unmet[1]["requirement"], "puzzle_solve");
  EXPECT_NE(unmet[1]["how"], "");
}

TEST_P(BrokerTest, EveryFaultOfAnAttestationHasItsReason) {
  const auto with = [&](auto change, const crypto::SigningKey* signer = nullptr) {
    auto bent = attestation(leaf_of(policy_, "trusted"));
    change(bent);
    return reason(
        ask("trusted", {0, 1}, {attest::sign_attestation(bent, signer == nullptr ? verifier_ : *signer).value()}));
  };
  const auto stranger = crypto::SigningKey::generate();
  EXPECT_EQ(with([](auto&) {}), "fine");
  EXPECT_EQ(with([](auto& a) { a.subject = "other"; }), "attestation_wrong_viewer");
  EXPECT_EQ(with([](auto& a) { a.title = TitleId(TitleId::Raw{1}); }), "attestation_wrong_title");
  EXPECT_EQ(with([](auto& a) { a.expires_at = Expiry(a.issued_at, 0s); }), "attestation_expired");
  EXPECT_EQ(with([](auto&) {}, &stranger), "attestation_forged");
  EXPECT_EQ(with([&](auto& a) { a.issuer = stranger.did(); }, &stranger), "issuer_not_trusted");
  EXPECT_EQ(with([](auto& a) { a.trust = 0.8; }), "policy_unmet");
  // Another requirement's parameters prove nothing here.
  EXPECT_EQ(with([&](auto& a) { a.params = leaf_of(policy_, "rare").params; }), "policy_unmet");
  EXPECT_EQ(reason(ask("trusted", {0, 1}, {"not.a.jws"})), "attestation_forged");
  EXPECT_EQ(reason(ask("trusted", {0, 1}, std::vector<std::string>(kMaxAttestations + 1, "x"))), "too_many_items");
}

TEST_P(BrokerTest, AnAttestationIsGoodForOneGrant) {
  const std::vector<std::string> proofs = {attested("kind", 0), attested("kind", 1)};
  EXPECT_EQ(reason(ask("kind", {0, 10}, proofs)), "fine");
  EXPECT_EQ(reason(ask("kind", {0, 10}, proofs)), "attestation_used");
  // A refused request uses nothing up, and what a path has no use for stays good.
  const std::string kind = attested("kind", 0), rare = attested("rare");
  EXPECT_EQ(reason(ask("kind", {0, 10}, {kind})), "policy_unmet");
  EXPECT_EQ(reason(ask("kind", {0, 10}, {kind, rare, attested("kind", 1)})), "fine");
  EXPECT_EQ(reason(ask("rare", {0, 10}, {rare})), "fine");
}

TEST_P(BrokerTest, ARevokedAttestationIsRefused) {
  const auto made = attestation(leaf_of(policy_, "trusted"));
  ASSERT_TRUE(
      db().execute("INSERT INTO attestations (issuer, attestation_id, title_id, subject, creator_jkt, digest, "
                   "expires_at, revoked_at) "
                   "VALUES ($1, $2, $3, $4, '', '', $5, $6)",
                   {made.issuer.text(), made.id, made.title.text(), made.subject, made.expires_at.unix_s(),
                    made.issued_at.unix_s()}));
  EXPECT_EQ(reason(ask("trusted", {0, 1}, {attest::sign_attestation(made, verifier_).value()})), "attestation_revoked");
}

TEST_P(BrokerTest, OneAttestationInManyRequestsAtOnceGivesOneGrant) {
  const std::string proof = attested("trusted");
  std::vector<std::string> reasons(6);
  {
    std::vector<std::jthread> requests;
    for (auto& out : reasons) requests.emplace_back([&] { out = reason(ask("trusted", {0, 1}, {proof})); });
  }
  EXPECT_EQ(std::count(reasons.begin(), reasons.end(), "fine"), 1);
  EXPECT_EQ(std::count(reasons.begin(), reasons.end(), "attestation_used"), 5);
}

TEST_P(BrokerTest, PlaysAreCountedAndSpaced) {
  const auto play = [&] { return reason(ask("rare", {0, 100}, {attested("rare")})); };
  EXPECT_EQ(play(), "fine");
  EXPECT_EQ(play(), "cooldown");
  clock_.advance(std::chrono::seconds(60));
  EXPECT_EQ(play(), "fine");
  clock_.advance(std::chrono::seconds(60));
  EXPECT_EQ(play(), "max_plays");
}

TEST_P(BrokerTest, PlaysAtOnceAreCountedToo) {
  std::vector<std::string> reasons(5);
  {
    std::vector<std::jthread> requests;
    for (auto& out : reasons) requests.emplace_back([&] { out = reason(ask("rare", {0, 1}, {attested("rare")})); });
  }
  EXPECT_EQ(std::count(reasons.begin(), reasons.end(), "fine"), 1) << ::testing::PrintToString(reasons);
  EXPECT_EQ(std::count(reasons.begin(), reasons.end(), "cooldown"), 4) << ::testing::PrintToString(reasons);
}

TEST_P(BrokerTest, PlaceMatters) {
  KeyRequest request = ask("local", {0, 1});
  EXPECT_EQ(reason(request), "policy_unmet");
  request = ask("local", {0, 1});
  request.country = "DE";
  EXPECT_EQ(reason(request), "fine");
}

TEST_P(BrokerTest, GrantsRollOnWithinTheUnlock) {
  const std::string first = kind_grant({0, 10});
  clock_.advance(std::chrono::seconds(700));  // the grant is over, the unlock is not
  const std::string second = grant(roll(first, "kind", {10, 20}));
  EXPECT_EQ(claims(second).unlock_id, claims(first).unlock_id);
  EXPECT_NE(claims(second).grant_id, claims(first).grant_id);
  EXPECT_EQ(claims(second).unlock_until, claims(first).unlock_until);
  EXPECT_EQ(reason(roll(second, "kind", {45, 55})), "outside_scope");
  EXPECT_EQ(reason(roll(first, "kind", {20, 30})), "fine");
  EXPECT_EQ(reason(roll(second, "kind", {30, 40})), "too_many_grants");
}

TEST_P(BrokerTest, EveryFaultOfAPreviousGrantHasItsReason) {
  const std::string previous = kind_grant();
  const auto with = [&](auto change) {
    KeyRequest request = roll(previous, "kind", {10, 20});
    change(request);
    return reason(request);
  };
  EXPECT_EQ(with([](auto& r) { r.viewer = "other"; }), "grant_wrong_viewer");
  EXPECT_EQ(with([](auto& r) { r.path = "rare"; }), "grant_other_path");
  EXPECT_EQ(with([](auto& r) { r.unlock[r.unlock.size() - 20] ^= 1; }), "grant_forged");
  EXPECT_EQ(with([](auto& r) { r.unlock = "nonsense"; }), "grant_forged");
  const auto other = make_test_title(creator_, kPolicy);
  source_.put(other);
  EXPECT_EQ(with([&](auto& r) { r.title = other.record.id; }), "grant_wrong_title");
  clock_.advance(std::chrono::seconds(7'199));
  EXPECT_EQ(with([](auto&) {}), "fine");
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(with([](auto&) {}), "grant_expired");
}

TEST_P(BrokerTest, AnUnlockOfAnotherDatabaseIsUnknown) {
  const std::string previous = kind_grant();
  ASSERT_TRUE(db().execute("DELETE FROM grant_unlocks"));
  EXPECT_EQ(reason(roll(previous, "kind", {10, 20})), "grant_unknown");
}

TEST_P(BrokerTest, ANewRevisionEndsOldGrantsAndRequests) {
  const std::string previous = kind_grant();
  const KeyRequest old = ask("preview", {0, 8});
  source_.put(make_test_title(creator_, kPolicy, {}, 2, title_.record.nonce));
  EXPECT_EQ(reason(old), "not_current_revision");
  KeyRequest request = roll(previous, "kind", {10, 20});
  request.revision = 2;
  EXPECT_EQ(reason(request), "grant_old_revision");
  source_.remove(title_.record.id);
  EXPECT_EQ(reason(ask("preview", {0, 8})), "title_not_found");
}

TEST_P(BrokerTest, UnlocksAreCountedAndPreviewsAreNot) {
  const std::string first = kind_grant();
  EXPECT_EQ(source_.unlocks(title_.record.id), 1);
  grant(roll(first, "kind", {10, 20}));
  grant(ask("preview", {0, 8}));
  EXPECT_EQ(reason(ask("kind", {0, 8})), "policy_unmet");
  EXPECT_EQ(source_.unlocks(title_.record.id), 1);
}

TEST_P(BrokerTest, RevokingEndsRollingOn) {
  const std::string first = kind_grant(), second = grant(roll(first, "kind", {10, 20}));
  const auto told = [](const Result<void>& result) { return result ? "fine" : result.error().reason; };
  EXPECT_EQ(told(broker_->revoke_grant(claims(first).grant_id, {"stranger", false})), "grant_not_found");
  EXPECT_EQ(told(broker_->revoke_grant(claims(first).grant_id, {viewer_.jkt(), false})), "fine");
  EXPECT_EQ(told(broker_->revoke_grant(claims(first).grant_id, {viewer_.jkt(), false})), "fine");
  EXPECT_EQ(reason(roll(first, "kind", {20, 30})), "grant_revoked");
  EXPECT_EQ(told(broker_->revoke_unlock(claims(second).unlock_id, {"stranger", false})), "unlock_unknown");
  EXPECT_EQ(told(broker_->revoke_unlock(claims(second).unlock_id, {creator_.signing.jkt(), false})), "fine");
  EXPECT_EQ(reason(roll(second, "kind", {20, 30})), "grant_revoked");
  EXPECT_EQ(told(broker_->revoke_unlock("nonsense", {"operator", true})), "unlock_unknown");
}

TEST_P(BrokerTest, AProofIsGoodForOneRequestEvenARefusedOne) {
  KeyRequest request = ask("preview", {0, 8});
  EXPECT_EQ(reason(request), "fine");
  EXPECT_EQ(reason(request), "replayed_proof");
  broker_ = make_broker();  // another node on the same database
  EXPECT_EQ(reason(request), "replayed_proof");
  KeyRequest refused = ask("preview", {0, 99});
  EXPECT_EQ(reason(refused), "outside_scope");
  EXPECT_EQ(reason(refused), "replayed_proof");
}

TEST_P(BrokerTest, TheSameIdempotencyKeyGivesTheSameGrant) {
  const std::vector<std::string> proofs = {attested("rare")};
  const auto with_key = [&](const char* digest) {
    KeyRequest request = ask("rare", {0, 10}, proofs);
    request.idempotency = once::IdempotencyKey{"key-1", "POST /v1/keys/request", viewer_.jkt(), digest};
    return request;
  };
  const auto first = ask_one(*broker_, with_key("d1")), second = ask_one(*broker_, with_key("d1"));
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(first->repeated);
  EXPECT_TRUE(second->repeated);
  EXPECT_EQ(first->grant, second->grant);
  EXPECT_EQ(reason(with_key("d2")), "idempotency_key_reused");
  clock_.advance(std::chrono::seconds(once::kAnswerLife));
  EXPECT_NE(reason(with_key("d1")), "fine");
}

TEST_P(BrokerTest, TheSameKeyAtOnceGivesOneGrant) {
  const std::vector<std::string> proofs = {attested("trusted")};
  std::vector<std::string> grants(4);
  {
    std::vector<std::jthread> requests;
    for (auto& out : grants)
      requests.emplace_back([&] {
        KeyRequest request = ask("trusted", {0, 10}, proofs);
        request.idempotency = once::IdempotencyKey{"key-1", "POST /v1/keys/request", viewer_.jkt(), "d"};
        const auto granted = ask_one(*broker_, request);
        out = granted ? granted->grant : granted.error().reason;
      });
  }
  EXPECT_THAT(grants, ::testing::Each(grants[0]));
  EXPECT_GT(grants[0].size(), 100u);
}

TEST_P(BrokerTest, RequestsThatArriveTogetherAreAnsweredAsIfAlone) {
  const std::vector<std::string> once = {attested("rare")};
  KeyRequest keyed = ask("preview", {0, 8});
  keyed.idempotency = once::IdempotencyKey{"key-1", "POST /v1/keys/request", viewer_.jkt(), "d"};
  KeyRequest repeated = ask("preview", {0, 8});
  repeated.idempotency = keyed.idempotency;
  KeyRequest replayed = ask("preview", {0, 8});
  replayed.proof = keyed.proof;
  const auto reasons = [&](const std::vector<KeyRequest>& requests) {
    std::vector<std::string> out;
    for (const auto& answer : ask_together(*broker_, requests))
      out.push_back(answer ? answer->repeated ? "repeated" : "fine" : answer.error().reason);
    return out;
  };
  EXPECT_THAT(reasons({}), ElementsAre());
  EXPECT_THAT(reasons({ask("preview", {0, 8}), ask("nowhere", {0, 8}), ask("rare", {0, 10}, {attested("rare")})}),
              ElementsAre("fine", "path_unknown", "fine"));
  clock_.advance(std::chrono::seconds(60));
  // One attestation for two, a key twice, a proof twice: the others are granted all the same.
  EXPECT_THAT(reasons({ask("rare", {0, 10}, once), ask("rare", {0, 10}, once), keyed, repeated, replayed,
                       ask("preview", {0, 8})}),
              ElementsAre("fine", "attestation_used", "fine", "repeated", "replayed_proof", "fine"));
  EXPECT_EQ(db().query("SELECT count(*) FROM grant_unlocks")->front().integer(0), 5);
  EXPECT_EQ(db().query("SELECT sum(unlocks) FROM grant_path_uses")->front().integer(0), 2);
}

TEST_P(BrokerTest, PruningRemovesWhatIsOver) {
  kind_grant();
  EXPECT_EQ(broker_->prune().value(), 0);
  clock_.advance(std::chrono::hours(24));
  EXPECT_EQ(broker_->prune().value(), 1);  // the unlock
}

}  // namespace
}  // namespace swarma::access::grant
