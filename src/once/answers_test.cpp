#include "once/answers.h"

#include <gtest/gtest.h>

#include "db/database_testing.h"
#include "once/tables.h"

namespace swarma::once {
namespace {

class AnswersTest : public ::testing::TestWithParam<db::testing::Engine> {
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
INSTANTIATE_TEST_SUITE_P(Engines, AnswersTest, ::testing::ValuesIn(db::testing::kEngines), db::testing::engine_name);

TEST_P(AnswersTest, AnAnswerIsGivenAgainForTheSameRequest) {
  EXPECT_EQ(begun(key_), "first");
  EXPECT_EQ(begun(key_), "request_in_progress");
  ASSERT_TRUE(store().finish(key_, {200, "application/json", "{}"}));
  EXPECT_EQ(begun(key_), "{}");
}

TEST_P(AnswersTest, OtherViewersRoutesAndBodiesAreOtherRequests) {
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

TEST_P(AnswersTest, AFailedOrLostRequestMayBeTriedAgain) {
  EXPECT_EQ(begun(key_), "first");
  ASSERT_TRUE(store().abandon(key_));
  EXPECT_EQ(begun(key_), "first");
  clock_.advance(kAnswerLease);
  EXPECT_EQ(begun(key_), "first");
}

TEST_P(AnswersTest, AnAnswerIsForgottenAfterADay) {
  EXPECT_EQ(begun(key_), "first");
  ASSERT_TRUE(store().finish(key_, {200, "application/json", "{}"}));
  clock_.advance(kAnswerLife - std::chrono::seconds(1));
  EXPECT_EQ(begun(key_), "{}");
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(begun(key_), "first");
}

TEST_P(AnswersTest, KeysAreBounded) {
  key_.key = "";
  EXPECT_EQ(begun(key_), "idempotency_key_bad");
  key_.key = std::string(129, 'k');
  EXPECT_EQ(begun(key_), "idempotency_key_bad");
  key_.key = "a b";
  EXPECT_EQ(begun(key_), "idempotency_key_bad");
}

TEST_P(AnswersTest, PruningForgetsWhatIsNotGivenAgain) {
  EXPECT_EQ(begun(key_), "first");
  ASSERT_TRUE(store().finish(key_, {200, "application/json", "{}"}));
  clock_.advance(kAnswerLife - std::chrono::seconds(1));
  EXPECT_EQ(prune_answers(db(), clock_.now()).value(), 0);
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(prune_answers(db(), clock_.now()).value(), 1);
}

}  // namespace
}  // namespace swarma::once
