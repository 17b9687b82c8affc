#include "access/attest/email_limits.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>

#include "access/attest/actions.h"
#include "base/clock.h"
#include "db/database_testing.h"

namespace swarma::access::attest {
namespace {

using namespace std::chrono_literals;

class EmailLimitsTest : public ::testing::TestWithParam<db::testing::Engine> {
 protected:
  void SetUp() override { ASSERT_TRUE(db().migrate(migrations())); }
  db::Database& db() { return **database_; }

  /// Somebody new, from a network and with a title of his own, asks for a mail: "sent", "kept back" or the refusal.
  std::string ask(const std::string& mailbox, ActionContext context) {
    const auto mail = count_mail({.database = db(), .network_key = key_, .mails = budget_}, context, mailbox);
    if (!mail) return mail.error().reason;
    last_ = *mail;
    return mail->empty() ? "kept back" : "sent";
  }
  std::string ask(const std::string& mailbox) { return ask(mailbox, somebody()); }
  ActionContext somebody() {
    const std::string n = std::to_string(++count_);
    TitleId::Raw raw{};
    raw[0] = static_cast<std::uint8_t>(count_), raw[1] = static_cast<std::uint8_t>(count_ >> 8);
    return {.action_id = "action-" + n,
            .title = TitleId(raw),
            .viewer = "viewer-" + n,
            .now = clock_.now(),
            .guest = std::make_shared<Guest>(Guest{.network = "network-" + n})};
  }

  std::optional<db::testing::TestDatabase> database_ = db::testing::make_test_database(GetParam()).value();
  FakeClock clock_;
  crypto::SecretKey key_ = crypto::random_key();
  MailBudget budget_;
  std::string last_;
  int count_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Engines, EmailLimitsTest, ::testing::ValuesIn(db::testing::kEngines),
                         db::testing::engine_name);

TEST_P(EmailLimitsTest, AMailboxGetsThreeInAnyHourAndSixInAnyDay) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask("ada@example.org"), "sent");
  EXPECT_EQ(ask("ada@example.org"), "kept back");
  EXPECT_EQ(ask("eve@example.org"), "sent");
  clock_.advance(59min + 59s);  // no window begins anew before
  EXPECT_EQ(ask("ada@example.org"), "kept back");
  clock_.advance(1s);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask("ada@example.org"), "sent");
  clock_.advance(2h);
  EXPECT_EQ(ask("ada@example.org"), "kept back");
  clock_.advance(21h);
  EXPECT_EQ(ask("ada@example.org"), "sent");
}

TEST_P(EmailLimitsTest, WhatHasNotLeftDoesNotCountForTheMailbox) {
  for (int i = 0; i < 9; ++i) {
    EXPECT_EQ(ask("ada@example.org"), "sent");
    ASSERT_TRUE(uncount_mail(db(), last_));
  }
}

TEST_P(EmailLimitsTest, AnActionWaitsAndAViewerAndANetworkHaveTheirMeasure) {
  ActionContext me = somebody();
  EXPECT_EQ(ask("a1@example.org", me), "sent");
  EXPECT_EQ(ask("a2@example.org", me), "too_many_mails");
  for (int i = 1; i < kMailsPerViewerHour; ++i) {
    me.action_id += "x";
    EXPECT_EQ(ask("a@example.org" + me.action_id, me), "sent");
  }
  me.action_id += "x";
  EXPECT_EQ(ask("a@example.org" + me.action_id, me), "too_many_mails");
  for (int i = 0; i < kMailsPerNetworkHour; ++i) {
    ActionContext other = somebody();
    other.guest->network = "crowd";
    EXPECT_EQ(ask("b" + std::to_string(i) + "@example.org", other), "sent");
  }
  ActionContext other = somebody();
  other.guest->network = "crowd";
  EXPECT_EQ(ask("b@example.org", other), "too_many_mails");
}

TEST_P(EmailLimitsTest, ATitleUsesThreeTenthsOfWhatTheNodesSend) {
  budget_ = {.per_hour = 10};
  for (int i = 0; i < 4; ++i) {
    ActionContext context = somebody();
    context.title = TitleId(TitleId::Raw{9, 9});
    EXPECT_EQ(ask("t" + std::to_string(i) + "@example.org", context), i < 3 ? "sent" : "too_many_mails");
  }
  for (int i = 0; i < 7; ++i) EXPECT_EQ(ask("n" + std::to_string(i) + "@example.org"), "sent");
  EXPECT_EQ(ask("n7@example.org"), "too_many_mails");
}

TEST_P(EmailLimitsTest, SaysHowLongToWait) {
  ActionContext me = somebody();
  ASSERT_EQ(ask("ada@example.org", me), "sent");
  me.now += 20s;
  const auto refused = count_mail({.database = db(), .network_key = key_}, me, "ada@example.org");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().retry_after, 40s);
}

TEST_P(EmailLimitsTest, ManyAtOnceGetNoMore) {
  std::vector<ActionContext> contexts;
  for (int i = 0; i < 12; ++i) contexts.push_back(somebody());
  std::atomic<int> sent{0};
  std::vector<std::thread> threads;
  for (const ActionContext& context : contexts)
    threads.emplace_back([&] {
      const auto mail = count_mail({.database = db(), .network_key = key_}, context, "ada@example.org");
      sent += mail && !mail->empty() ? 1 : 0;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(sent, kMailsPerMailboxHour);
}

TEST_P(EmailLimitsTest, AClockThatIsSetBackGivesNothingAway) {
  for (int i = 0; i < 3; ++i) ASSERT_EQ(ask("ada@example.org"), "sent");
  clock_.set(-2h);
  EXPECT_EQ(ask("ada@example.org"), "kept back");
}

TEST_P(EmailLimitsTest, ForgetsAfterADayAndKeepsNoAddress) {
  ASSERT_EQ(ask("ada@example.org"), "sent");
  const auto rows = db().query("SELECT mail, kind, name FROM mails_sent");
  ASSERT_TRUE(rows);
  ASSERT_FALSE(rows->empty());
  for (const db::Row& row : *rows) EXPECT_FALSE(row.text(2).contains("ada"));
  clock_.advance(23h);
  EXPECT_EQ(prune_mails(db(), clock_.now()), 0);
  clock_.advance(1h + 1s);
  EXPECT_EQ(prune_mails(db(), clock_.now()), static_cast<std::int64_t>(rows->size()));
}

}  // namespace
}  // namespace swarma::access::attest
