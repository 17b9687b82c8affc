#include "access/grant/replay.h"

#include <gtest/gtest.h>

#include "access/grant/broker.h"
#include "db/test_database.h"

namespace swarma::access::grant {
namespace {

class ReplayTest : public testing::TestWithParam<db::Engine> {
 protected:
  void SetUp() override {
    auto made = db::make_test_database(GetParam());
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

  std::optional<db::TestDatabase> database_;
  FakeClock clock_;
  IdempotencyKey key_{"k", "POST /v1/actions/start", "viewer", "digest"};
};
INSTANTIATE_TEST_SUITE_P(Engines, ReplayTest, testing::ValuesIn(db::kEngines), db::engine_name);

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
  clock_.advance(std::chrono::seconds(kIdempotencyLeaseSeconds));
  EXPECT_EQ(begun(key_), "first");
}

TEST_P(ReplayTest, AnAnswerIsForgottenAfterADay) {
  EXPECT_EQ(begun(key_), "first");
  ASSERT_TRUE(store().finish(key_, {200, "application/json", "{}"}));
  clock_.advance(std::chrono::seconds(kIdempotencySeconds - 1));
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

TEST_P(ReplayTest, AProofIsTakenOnce) {
  const ProofUse proof{"jkt", "jti", 100};
  EXPECT_TRUE(record_proof(db(), proof));
  EXPECT_EQ(record_proof(db(), proof).error().reason, "replayed_proof");
  EXPECT_TRUE(record_proof(db(), {"other", "jti", 100}));
  EXPECT_EQ(record_proof(db(), {"jkt", std::string("a\0b", 3), 100}).error().reason, "invalid_dpop_proof");
  EXPECT_EQ(record_proof(db(), {"jkt", "", 100}).error().reason, "invalid_dpop_proof");
}

}  // namespace
}  // namespace swarma::access::grant
