// What another process' lock on a SQLite file may hold up, and for how long. A second connection plays the process.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/no_waiting.h"
#include "db/test_database.h"
#include "db/writer_gate.h"

namespace swarma::db {
namespace {

using Clocks = std::chrono::steady_clock;
using namespace std::chrono_literals;

class Lock : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(db().execute("CREATE TABLE plays (n BIGINT)"));
    const std::string path = database_.url().substr(std::string("sqlite:").size());
    ASSERT_EQ(sqlite3_open(path.c_str(), &other_), SQLITE_OK);
  }
  void TearDown() override { sqlite3_close(other_); }
  Database& db() { return *database_; }
  void other(const char* sql) { ASSERT_EQ(sqlite3_exec(other_, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sql; }
  Result<std::int64_t> write() { return db().execute("INSERT INTO plays (n) VALUES (1)"); }
  std::string write_reason() {
    const auto written = write();
    return written ? "written" : written.error().reason;
  }

  TestDatabase database_ = make_test_database(Engine::Sqlite).value();
  sqlite3* other_ = nullptr;
};

template <class Work>
Clocks::duration time_of(const Work& work) {
  const auto began = Clocks::now();
  work();
  return Clocks::now() - began;
}

TEST_F(Lock, HoldsUpNoReader) {
  other("BEGIN IMMEDIATE");
  const NoWaiting no_waiting;
  EXPECT_TRUE(db().query("SELECT count(*) FROM plays"));
  EXPECT_FALSE(no_waiting.was_refused());
}

TEST_F(Lock, IsNotWaitedForWhereNothingMayWait) {
  other("BEGIN IMMEDIATE");
  const NoWaiting no_waiting;
  EXPECT_LT(time_of([&] { EXPECT_EQ(write_reason(), "database_busy"); }), 200ms);
  EXPECT_TRUE(no_waiting.was_refused());
  EXPECT_LT(time_of([&] {
              const auto done = db().transact([](Session&) -> Result<void> { return {}; });
              EXPECT_EQ(done.error().retry_after, 2s);
            }),
            200ms);
}

TEST_F(Lock, IsWaitedForOnceAndNotByEverybodyAfterwards) {
  other("BEGIN IMMEDIATE");
  const auto first = time_of([&] { EXPECT_EQ(write_reason(), "database_busy"); });
  EXPECT_GT(first, kPatience - 100ms);
  EXPECT_LT(first, kPatience + 2s);
  EXPECT_LT(time_of([&] { EXPECT_EQ(write_reason(), "database_busy"); }), 500ms);
  other("ROLLBACK");
  EXPECT_EQ(write_reason(), "written");
  other("BEGIN IMMEDIATE");
  EXPECT_GT(time_of([&] { write(); }), kPatience - 100ms) << "a new lock is waited for anew";
}

TEST_F(Lock, ThatIsShortCostsNobodyAnAnswer) {
  other("BEGIN IMMEDIATE");
  std::jthread release([&] {
    std::this_thread::sleep_for(200ms);
    other("ROLLBACK");
  });
  EXPECT_EQ(write_reason(), "written");
}

TEST_F(Lock, IsWaitedForByFewOfMany) {
  other("BEGIN IMMEDIATE");
  std::atomic<int> waited{0};
  {
    std::vector<std::jthread> writers;
    for (int i = 0; i < 12; ++i)
      writers.emplace_back([&] {
        if (time_of([&] { EXPECT_EQ(write_reason(), "database_busy"); }) > kPatience / 2) ++waited;
      });
  }
  EXPECT_GE(waited, 1);
  EXPECT_LE(waited, 2);
}

}  // namespace
}  // namespace swarma::db
