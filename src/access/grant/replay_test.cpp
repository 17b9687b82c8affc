#include "access/grant/replay.h"

#include <gtest/gtest.h>

#include "access/grant/broker.h"
#include "db/database_testing.h"

namespace swarma::access::grant {
namespace {

class ReplayTest : public ::testing::TestWithParam<db::testing::Engine> {
 protected:
  void SetUp() override {
    auto made = db::testing::make_test_database(GetParam());
    ASSERT_TRUE(made) << made.error().message;
    database_.emplace(*std::move(made));
    ASSERT_TRUE(db().migrate(migrations()));
  }
  db::Database& db() { return **database_; }
  std::string begun(const IdempotencyKey& key) {
    const auto result = store().begin(key);
    return !result ? result.error().reason : *result ? (*result)->body : "first";
  }
  IdempotencyStore store() { return {db(), clock_}; }

  std::optional<db::testing::TestDatabase> database_;
  FakeClock clock_;
  IdempotencyKey key_{"k", "POST /v1/actions/start", "viewer", "digest"};
};
INSTANTIATE_TEST_SUITE_P(Engines, ReplayTest, ::testing::ValuesIn(db::testing::kEngines), db::testing::engine_name);

TEST_P(ReplayTest, AnAnswerIsGivenAgainForTheSameRequest) {
  EXPECT_EQ(begun(key_), "first");
  EXPECT_EQ(begun(key_), "request_in_progress");
  ASSERT_TRUE(store().finish(key_, {200, "application/json", "{}"}));
  EXPECT_EQ(begun(key_), "{}");
}

TEST_P(ReplayTest, OtherViewersRoutesAndBodiesAreOtherRequests) {
  EXPECT_EQ(begun(key_), "first");
  IdempotencyKey other = key_;
  other.viewer = "another";
  EXPECT_EQ(begun(other), "first");
  other = key_;
  other.route = "POST /v1/actions/complete";
  EXPECT_EQ(begun(other), "first");
  other = key_;
  other.body_digest = "other";
  EXPECT_EQ(begun(other), "idempotency_key_reused");
}

TEST_P(ReplayTest, AFailedOrLostRequestMayBeTriedAgain) {
  EXPECT_EQ(begun(key_), "first");
  ASSERT_TRUE(store().abandon(key_));
  EXPECT_EQ(begun(key_), "first");
  clock_.advance(kAnswerLease);
  EXPECT_EQ(begun(key_), "first");
}

TEST_P(ReplayTest, AnAnswerIsForgottenAfterADay) {
  EXPECT_EQ(begun(key_), "first");
  ASSERT_TRUE(store().finish(key_, {200, "application/json", "{}"}));
  clock_.advance(kAnswerLife - std::chrono::seconds(1));
  EXPECT_EQ(begun(key_), "{}");
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(begun(key_), "first");
}

TEST_P(ReplayTest, KeysAreBounded) {
  key_.key = "";
  EXPECT_EQ(begun(key_), "idempotency_key_bad");
  key_.key = std::string(129, 'k');
  EXPECT_EQ(begun(key_), "idempotency_key_bad");
  key_.key = "a b";
  EXPECT_EQ(begun(key_), "idempotency_key_bad");
}

/// A proof made `age` seconds before the clock's time.
ProofUse made(const Clock& clock, std::int64_t age = 0, std::string jkt = "jkt", std::string jti = "jti") {
  return {.jkt = std::move(jkt), .jti = std::move(jti), .issued_at = clock.now() - std::chrono::seconds(age)};
}

TEST_P(ReplayTest, AProofIsTakenOnceWhateverItsTime) {
  EXPECT_TRUE(record_proof(db(), made(clock_)));
  EXPECT_EQ(record_proof(db(), made(clock_)).error().reason, "replayed_proof");
  EXPECT_EQ(record_proof(db(), made(clock_, 1)).error().reason, "replayed_proof");
  EXPECT_EQ(record_proof(db(), made(clock_, -30)).error().reason, "replayed_proof");
  EXPECT_TRUE(record_proof(db(), made(clock_, 0, "other")));
  EXPECT_TRUE(record_proof(db(), made(clock_, 0, "jkt", "other")));
  EXPECT_TRUE(record_proof(db(), made(clock_, 0, "jk", "tjti")));
}

TEST_P(ReplayTest, AProofsIdIsVisible) {
  EXPECT_EQ(record_proof(db(), made(clock_, 0, "jkt", std::string("a\0b", 3))).error().reason, "invalid_dpop_proof");
  EXPECT_EQ(record_proof(db(), made(clock_, 0, "jkt", "")).error().reason, "invalid_dpop_proof");
}

TEST_P(ReplayTest, AForgottenProofStaysUsed) {
  UnhurriedClock unhurried(clock_);
  const ProofUse early = made(clock_, 10, "jkt", "early"), ahead = made(clock_, -60, "jkt", "ahead");
  ASSERT_TRUE(record_proof(db(), early));
  ASSERT_TRUE(record_proof(db(), ahead));
  clock_.advance(kProofMemory - std::chrono::seconds(10));
  EXPECT_EQ(prune_proofs(db(), unhurried.now()).value(), 0);
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(prune_proofs(db(), unhurried.now()).value(), 1);
  EXPECT_EQ(record_proof(db(), early).error().reason, "replayed_proof");
  EXPECT_EQ(record_proof(db(), ahead).error().reason, "replayed_proof");
  clock_.set(std::chrono::hours(-1));
  EXPECT_EQ(record_proof(db(), early).error().reason, "replayed_proof");
  EXPECT_EQ(record_proof(db(), ahead).error().reason, "replayed_proof");
}

TEST_P(ReplayTest, AClockThatJumpsForwardForgetsNothingAndStopsNobodyLater) {
  UnhurriedClock unhurried(clock_);
  const ProofUse before = made(clock_);
  ASSERT_TRUE(record_proof(db(), before));
  clock_.set(std::chrono::hours(24));
  ASSERT_TRUE(record_proof(db(), made(clock_, 0, "jkt", "tomorrow")));
  EXPECT_EQ(prune_proofs(db(), unhurried.now()).value(), 0);
  clock_.advance(std::chrono::minutes(10));
  EXPECT_EQ(prune_proofs(db(), unhurried.now()).value(), 1);
  clock_.set(std::chrono::hours(-24));
  EXPECT_EQ(record_proof(db(), before).error().reason, "replayed_proof");
  EXPECT_TRUE(record_proof(db(), made(clock_, 0, "jkt", "after")));
}

/// A node that served before proofs were named by key and jti alone: what it had taken stays used.
TEST_P(ReplayTest, TakesOverTheProofsOfAnEarlierVersion) {
  auto old = db::testing::make_test_database(GetParam());
  ASSERT_TRUE(old) << old.error().message;
  ASSERT_TRUE((*old)->migrate(migrations().first(1)));
  ASSERT_TRUE((*old)->execute("INSERT INTO dpop_proofs (issued_at, jkt, jti) VALUES ($1, 'jkt', 'jti')",
                              {clock_.now().unix_s() + 300}));
  ASSERT_TRUE((*old)->migrate(migrations()));
  EXPECT_EQ(record_proof(**old, made(clock_)).error().reason, "replayed_proof");
  clock_.advance(std::chrono::seconds(1));
  EXPECT_TRUE(record_proof(**old, made(clock_)));
}

}  // namespace
}  // namespace swarma::access::grant
