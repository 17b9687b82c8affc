#include "once/proofs.h"

#include <gtest/gtest.h>

#include "db/database_testing.h"
#include "once/tables.h"

namespace swarma::once {
namespace {

class ProofsTest : public ::testing::TestWithParam<db::testing::Engine> {
 protected:
  void SetUp() override {
    auto made = db::testing::make_test_database(GetParam());
    ASSERT_TRUE(made) << made.error().message;
    database_.emplace(*std::move(made));
    ASSERT_TRUE(db().migrate(migrations()));
  }
  db::Database& db() { return **database_; }

  std::optional<db::testing::TestDatabase> database_;
  FakeClock clock_;
};
INSTANTIATE_TEST_SUITE_P(Engines, ProofsTest, ::testing::ValuesIn(db::testing::kEngines), db::testing::engine_name);

/// A proof made `age` seconds before the clock's time.
ProofUse made(const Clock& clock, std::int64_t age = 0, std::string jkt = "jkt", std::string jti = "jti") {
  return {.jkt = std::move(jkt), .jti = std::move(jti), .issued_at = clock.now() - std::chrono::seconds(age)};
}

TEST_P(ProofsTest, AProofIsTakenOnceWhateverItsTime) {
  EXPECT_TRUE(record_proof(db(), made(clock_)));
  EXPECT_EQ(record_proof(db(), made(clock_)).error().reason, "replayed_proof");
  EXPECT_EQ(record_proof(db(), made(clock_, 1)).error().reason, "replayed_proof");
  EXPECT_EQ(record_proof(db(), made(clock_, -30)).error().reason, "replayed_proof");
  EXPECT_TRUE(record_proof(db(), made(clock_, 0, "other")));
  EXPECT_TRUE(record_proof(db(), made(clock_, 0, "jkt", "other")));
  EXPECT_TRUE(record_proof(db(), made(clock_, 0, "jk", "tjti")));
}

TEST_P(ProofsTest, AProofsIdIsVisible) {
  EXPECT_EQ(record_proof(db(), made(clock_, 0, "jkt", std::string("a\0b", 3))).error().reason, "invalid_dpop_proof");
  EXPECT_EQ(record_proof(db(), made(clock_, 0, "jkt", "")).error().reason, "invalid_dpop_proof");
}

TEST_P(ProofsTest, AForgottenProofStaysUsed) {
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

TEST_P(ProofsTest, AClockThatJumpsForwardForgetsNothingAndStopsNobodyLater) {
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

}  // namespace
}  // namespace swarma::once
