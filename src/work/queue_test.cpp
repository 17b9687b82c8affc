// A queue on both engines: the first test is the usage.
#include "work/queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "db/database_testing.h"

namespace swarma::work {
namespace {

constexpr std::chrono::seconds kLease{15};

class QueueTest : public ::testing::TestWithParam<db::testing::Engine> {
 protected:
  void SetUp() override {
    auto made = db::testing::make_test_database(GetParam());
    ASSERT_TRUE(made) << made.error().message;
    database_.emplace(*std::move(made));
    ASSERT_TRUE((*database_)->migrate(migrations()));
  }
  Queue node(const std::string& home, const std::string& name = "mails") {
    return {**database_, clock_, name, home, kLease};
  }
  /// What the call answers in a transaction of its own.
  template <class Call>
  bool with_session(Call call) {
    bool answer = false;
    const auto done = (*database_)->transact([&](db::Session& session) -> Result<void> {
      SWARMA_TRY(answer, call(session));
      return {};
    });
    EXPECT_TRUE(done) << done.error().message;
    return answer;
  }
  bool put(Queue& queue, const std::string& key, std::string_view payload = "payload") {
    return with_session([&](db::Session& session) { return queue.put(session, key, view(payload)); });
  }
  bool beat(Queue& queue, const std::string& key) {
    return with_session([&](db::Session& session) { return queue.beat(session, key); });
  }
  bool finish(Queue& queue, const std::string& key) {
    return with_session([&](db::Session& session) { return queue.finish(session, key); });
  }
  static std::string claimed(Queue& queue) {
    const auto item = queue.claim();
    EXPECT_TRUE(item) << item.error().message;
    return item && *item ? (*item)->key : "";
  }

  FakeClock clock_;
  std::optional<db::testing::TestDatabase> database_;
};
INSTANTIATE_TEST_SUITE_P(Engines, QueueTest, ::testing::ValuesIn(db::testing::kEngines), db::testing::engine_name);

TEST_P(QueueTest, WorkAskedForAtOneNodeIsDoneAtAnother) {
  Queue a = node("a"), b = node("b");
  EXPECT_TRUE(put(a, "to-anna", "Hello"));
  const auto item = b.claim();
  ASSERT_TRUE(item && *item);
  EXPECT_EQ((*item)->key, "to-anna");
  EXPECT_EQ(as_text((*item)->payload), "Hello");
  EXPECT_EQ((*item)->attempts, 1);
  EXPECT_EQ(claimed(a), "");
  EXPECT_TRUE(beat(b, "to-anna"));
  EXPECT_TRUE(finish(b, "to-anna"));
  EXPECT_EQ(claimed(a), "");
}

TEST_P(QueueTest, AKeyIsThereOnceInEachQueue) {
  Queue mails = node("a"), films = node("a", "films");
  EXPECT_TRUE(put(mails, "1", "first"));
  EXPECT_FALSE(put(mails, "1", "second"));
  EXPECT_TRUE(put(films, "1"));
  ASSERT_EQ(claimed(mails), "1");
  EXPECT_FALSE(put(mails, "1"));  // while it is worked on, too
  EXPECT_TRUE(finish(mails, "1"));
  EXPECT_TRUE(put(mails, "1"));
  EXPECT_EQ(claimed(films), "1");
}

TEST_P(QueueTest, TheItemOfADeadWorkerIsTakenOver) {
  Queue a = node("a"), b = node("b");
  put(a, "1");
  ASSERT_EQ(claimed(a), "1");
  for (auto passed = std::chrono::seconds(0); passed < kLease; ++passed) {
    EXPECT_EQ(claimed(b), "");
    clock_.advance(std::chrono::seconds(1));
  }
  EXPECT_EQ(claimed(b), "1");
  EXPECT_FALSE(beat(a, "1"));
  EXPECT_FALSE(finish(a, "1"));
  EXPECT_TRUE(finish(b, "1"));
}

TEST_P(QueueTest, TakingAndWhatGoesWithItAreOneStep) {
  Queue a = node("a");
  put(a, "1");
  const auto refused = a.claim(
      [](db::Session&, const Item&) -> Result<void> { return fail(ErrorCode::Unavailable, "not_now", "Not now."); });
  EXPECT_EQ(refused.error().reason, "not_now");
  const auto item = a.claim();
  ASSERT_TRUE(item && *item);
  EXPECT_EQ((*item)->attempts, 1);
}

TEST_P(QueueTest, ARestartedNodeFindsItsOwnAtOnce) {
  {
    Queue a = node("a"), b = node("b");
    put(a, "1");
    put(a, "2");
    ASSERT_EQ(claimed(a), "1");
    ASSERT_EQ(claimed(b), "2");
  }
  Queue a = node("a");
  EXPECT_EQ(a.free_own(), std::vector<std::string>{"1"});
  EXPECT_EQ(claimed(a), "1");
  EXPECT_EQ(claimed(a), "1");  // ours still, as after an answer that was lost
}

TEST_P(QueueTest, AFailedTryWaitsForItsWorkerOnly) {
  Queue a = node("a"), b = node("b");
  put(a, "1");
  const auto release = [&](Queue& queue, std::optional<std::chrono::seconds> pause) {
    return with_session([&](db::Session& session) { return queue.release(session, "1", pause); });
  };
  ASSERT_EQ(claimed(a), "1");
  EXPECT_TRUE(release(a, std::chrono::seconds(5)));
  EXPECT_EQ(claimed(a), "");
  clock_.advance(std::chrono::seconds(5));
  ASSERT_EQ(claimed(a), "1");
  EXPECT_TRUE(release(a, std::nullopt));
  const auto item = b.claim();
  ASSERT_TRUE(item && *item);
  EXPECT_EQ((*item)->attempts, 2);  // a node that was stopped properly did not try
  EXPECT_FALSE(release(a, std::nullopt));
}

TEST_P(QueueTest, WhatIsDroppedIsNobodysAnyMore) {
  Queue a = node("a"), b = node("b");
  put(a, "1");
  ASSERT_EQ(claimed(a), "1");
  EXPECT_TRUE(with_session([&](db::Session& session) { return b.drop(session, "1"); }));
  EXPECT_FALSE(beat(a, "1"));
  EXPECT_FALSE(with_session([&](db::Session& session) { return b.drop(session, "1"); }));
}

TEST_P(QueueTest, NothingIsDoneTwice) {
  Queue first = node("first");
  for (int i = 0; i < 20; ++i) put(first, std::to_string(i));
  std::atomic<int> claims{0};
  std::vector<std::thread> nodes;
  for (int n = 0; n < 4; ++n)
    nodes.emplace_back([&, n] {
      Queue queue = node("node" + std::to_string(n));
      for (int idle = 0; idle < 3;) {
        const auto item = queue.claim();
        if (!item || !*item) {
          ++idle;
          continue;
        }
        ++claims;
        EXPECT_TRUE(finish(queue, (*item)->key));
      }
    });
  for (std::thread& node : nodes) node.join();
  EXPECT_EQ(claims, 20);
}

}  // namespace
}  // namespace swarma::work
