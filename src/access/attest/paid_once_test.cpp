// What is counted of payments and of accounts elsewhere, on both engines.
#include "access/attest/paid_once.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "access/attest/account_uses.h"
#include "access/attest/actions.h"
#include "access/attest/evm_watch.h"
#include "db/database_testing.h"

namespace swarma::access::attest {
namespace {

using namespace std::chrono_literals;

class PaidOnceTest : public ::testing::TestWithParam<db::testing::Engine> {
 protected:
  void SetUp() override {
    auto made = db::testing::make_test_database(GetParam());
    ASSERT_TRUE(made) << made.error().message;
    database_.emplace(*std::move(made));
    ASSERT_TRUE(db().migrate(migrations()));
  }
  db::Database& db() { return **database_; }

  /// The reason of a transaction's end, or "fine".
  std::string transact(const std::function<Result<void>(db::Session&)>& work) {
    const auto done = db().transact(work);
    return done ? "fine" : done.error().reason;
  }
  std::string use(const std::string& chain, const std::string& payment, std::int64_t log_index) {
    return transact([&](db::Session& session) { return use_payment(session, chain, payment, log_index); });
  }
  ActionContext context(const std::string& viewer, const std::string& network = "10.0.0", std::uint8_t title = 7) {
    return {.action_id = "action",
            .title = TitleId(TitleId::Raw{title}),
            .creator_jkt = "creator",
            .viewer = viewer,
            .leaf = {},
            .now = clock_.now(),
            .guest = std::make_shared<Guest>(Guest{.network = network})};
  }
  std::string bring(const std::string& account, const ActionContext& of) {
    return transact([&](db::Session& session) { return use_account(session, of, account_use(key_, of, account)); });
  }
  std::int64_t count(const std::string& sql) { return db().query(sql)->at(0).integer(0); }

  std::optional<db::testing::TestDatabase> database_;
  FakeClock clock_;
  crypto::SecretKey key_ = crypto::random_key();
};
INSTANTIATE_TEST_SUITE_P(Engines, PaidOnceTest, ::testing::ValuesIn(db::testing::kEngines), db::testing::engine_name);

TEST_P(PaidOnceTest, APaymentIsUsedOnce) {
  EXPECT_EQ(use("evm:1", "0xaa", 3), "fine");
  EXPECT_EQ(use("evm:1", "0xaa", 3), "payment_used");
  EXPECT_EQ(use("evm:1", "0xaa", 4), "fine");
  EXPECT_EQ(use("evm:2", "0xaa", 3), "fine");
  EXPECT_EQ(use("lightning", "0xaa", 3), "fine");
}

TEST_P(PaidOnceTest, AnAccountOpensATitleForAFewViewers) {
  for (const char* viewer : {"a", "b", "c", "a"}) EXPECT_EQ(bring("alice", context(viewer)), "fine");
  EXPECT_EQ(bring("alice", context("d")), "account_used_up");
  EXPECT_EQ(bring("alice", context("d", "10.0.0", 8)), "fine");  // another title
  EXPECT_EQ(bring("bob", context("d")), "fine");
}

TEST_P(PaidOnceTest, AnAccountHasAnotherNameForEveryTitle) {
  const auto here = account_use(key_, context("a"), "alice");
  const auto there = account_use(key_, context("a", "10.0.0", 8), "alice");
  EXPECT_NE(here.account, there.account);
  EXPECT_NE(here.network, there.network);
  EXPECT_EQ(here.account, account_use(key_, context("b", "10.9.9"), "alice").account);
}

TEST_P(PaidOnceTest, ManyAccountsOfOneNetworkAreACrowd) {
  const auto crowded = [&](const std::string& account, const ActionContext& of) {
    return is_crowded(db(), of, account_use(key_, of, account)).value();
  };
  for (std::int64_t i = 0; i < kAccountsPerNetwork; ++i) {
    EXPECT_FALSE(crowded("next", context("viewer")));
    EXPECT_EQ(bring("account " + std::to_string(i), context("viewer")), "fine");
  }
  EXPECT_TRUE(crowded("next", context("viewer")));
  EXPECT_FALSE(crowded("next", context("viewer", "10.0.1")));
  EXPECT_FALSE(crowded("next", context("viewer", "10.0.0", 8)));
  clock_.advance(25h);
  EXPECT_FALSE(crowded("next", context("viewer")));
}

TEST_P(PaidOnceTest, AccountsAreForgotten) {
  const crypto::SigningKey issuer = crypto::SigningKey::generate();
  Actions actions(db(), clock_, issuer, {});
  EXPECT_EQ(bring("alice", context("a")), "fine");
  clock_.advance(25h);
  ASSERT_TRUE(actions.prune());
  EXPECT_EQ(count("SELECT COUNT(*) FROM account_uses WHERE network = ''"), 1);
  clock_.advance(kAccountUseMemory);
  ASSERT_TRUE(actions.prune());
  EXPECT_EQ(count("SELECT COUNT(*) FROM account_uses"), 0);
}

class WatchTest : public PaidOnceTest {
 protected:
  void SetUp() override {
    PaidOnceTest::SetUp();
    const evm::Watched row = payment();
    ASSERT_EQ(use("evm:1", "0xaa", 3), "fine");
    ASSERT_EQ(
        transact([&](db::Session& session) -> Result<void> {
          SWARMA_RETURN_IF_ERROR(session.execute(
              "INSERT INTO attestations (issuer, attestation_id, title_id, subject, creator_jkt, digest, expires_at) "
              "VALUES ('me', 'attestation', 'title', 'viewer', 'creator', '', $1)",
              {(clock_.now() + 1h).unix_s()}));
          return evm::watch_payment(session, row, clock_.now());
        }),
        "fine");
  }
  /// As the database has it.
  evm::Watched payment() {
    const db::Rows rows = db().query("SELECT missing_since FROM watched_payments").value();
    return {.chain_id = 1,
            .transaction = "0xaa",
            .log_index = 3,
            .attestation_id = "attestation",
            .basis = "evm:1:0xaa:3:action",
            .missing_since = Instant(rows.empty() ? 0 : rows.front().integer(0))};
  }
  void see(evm::Standing standing) {
    const evm::Watched row = payment();
    const auto take_back = [this](db::Session&, const std::string& basis) -> Result<void> {
      ended_ = basis;
      return {};
    };
    EXPECT_EQ(
        transact([&](db::Session& session) { return evm::settle(session, row, standing, take_back, clock_.now()); }),
        "fine");
  }
  std::string ended_;  // what was taken back
  std::int64_t watched() { return count("SELECT COUNT(*) FROM watched_payments"); }
  std::int64_t revoked() { return count("SELECT COUNT(*) FROM attestations WHERE revoked_at IS NOT NULL"); }
};
INSTANTIATE_TEST_SUITE_P(Engines, WatchTest, ::testing::ValuesIn(db::testing::kEngines), db::testing::engine_name);

TEST_P(WatchTest, AFinalPaymentIsLookedAtNoLonger) {
  see(evm::Standing::There);
  EXPECT_EQ(watched(), 1);
  see(evm::Standing::Final);
  EXPECT_EQ(watched(), 0);
  EXPECT_EQ(revoked(), 0);
  EXPECT_EQ(use("evm:1", "0xaa", 3), "payment_used");
}

TEST_P(WatchTest, APaymentThatIsMissingForLongIsTakenBack) {
  see(evm::Standing::Missing);
  clock_.advance(evm::kGoneFor - 1s);
  see(evm::Standing::Missing);
  EXPECT_EQ(revoked(), 0);
  clock_.advance(1s);
  see(evm::Standing::Missing);
  EXPECT_EQ(revoked(), 1);
  EXPECT_EQ(ended_, "evm:1:0xaa:3:action");
  EXPECT_EQ(watched(), 0);
  EXPECT_EQ(use("evm:1", "0xaa", 3), "fine");  // should it come again
}

TEST_P(WatchTest, APaymentThatReturnsInAnotherBlockStays) {
  see(evm::Standing::Missing);
  clock_.advance(evm::kGoneFor);
  see(evm::Standing::There);
  see(evm::Standing::Missing);
  EXPECT_EQ(revoked(), 0);
}

TEST_P(WatchTest, WhatIsNotKnownChangesNothing) {
  see(evm::Standing::Missing);
  clock_.advance(evm::kGoneFor);
  see(evm::Standing::Unknown);
  EXPECT_EQ(revoked(), 0);
  EXPECT_EQ(ended_, "");
  EXPECT_EQ(watched(), 1);
}

TEST(Standing, FollowsFromWhatANodeSays) {
  using evm::Standing;
  const Instant now(1'800'000'000);
  const auto block = [&](std::uint64_t number) {
    return Json{{"number", evm::quantity(number)},
                {"hash", "0x" + std::string(64, 'a')},
                {"timestamp", evm::quantity(static_cast<std::uint64_t>(now.unix_s()))}};
  };
  const auto receipt = [](std::uint64_t number, const char* status) {
    return Json{{"blockNumber", evm::quantity(number)}, {"status", status}};
  };
  const auto unknown = [] { return evm::Answer(fail(ErrorCode::Unavailable, "chain_unreachable", "Away.")); };
  const auto standing = [&](evm::Answer told, evm::Answer head, evm::Answer last) {
    return evm::standing_of({std::move(told), std::move(head), std::move(last)}, now);
  };
  EXPECT_EQ(standing(receipt(10, "0x1"), block(20), block(9)), Standing::There);
  EXPECT_EQ(standing(receipt(10, "0x1"), block(20), block(10)), Standing::Final);
  EXPECT_EQ(standing(receipt(10, "0x1"), block(73), unknown()), Standing::There);
  EXPECT_EQ(standing(receipt(10, "0x1"), block(74), unknown()), Standing::Final);
  EXPECT_EQ(standing(Json(), block(20), block(9)), Standing::Missing);
  EXPECT_EQ(standing(receipt(10, "0x0"), block(20), block(9)), Standing::Missing);
  EXPECT_EQ(standing(unknown(), block(20), block(9)), Standing::Unknown);
  EXPECT_EQ(standing(Json(), unknown(), block(9)), Standing::Unknown);
  EXPECT_EQ(standing(Json("text"), block(20), block(9)), Standing::Unknown);
}

}  // namespace
}  // namespace swarma::access::attest
