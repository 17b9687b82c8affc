// What another process' lock on a SQLite file may hold up, and for how long; a second connection plays the process. And
// the same for PostgreSQL: its locks, its connections, its server.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <thread>

#include "base/no_waiting.h"
#include "db/database_testing.h"
#include "db/writer_gate.h"

namespace swarma::db {

using namespace db::testing;
namespace {

using Clocks = std::chrono::steady_clock;
using namespace std::chrono_literals;

class Lock : public ::testing::Test {
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

class PostgresqlTrouble : public ::testing::Test {
 protected:
  std::string reason(Database& db, const char* sql = "SELECT 1") {
    const auto rows = db.query(sql);
    return rows ? "fine" : rows.error().reason;
  }
  TestDatabase database_ = make_test_database(Engine::Postgresql).value();
};

TEST_F(PostgresqlTrouble, AFullPoolIsWaitedForBriefly) {
  const auto one = Database::open(database_.url(), 1).value();
  std::latch taken(1), release(1);
  std::jthread holder([&] {
    const auto held = one->transact([&](Session&) -> Result<void> {
      taken.count_down();
      release.wait();
      return {};
    });
    EXPECT_TRUE(held);
  });
  taken.wait();
  EXPECT_LT(time_of([&] { EXPECT_EQ(reason(*one), "database_busy"); }), 5s);
  release.count_down();
  holder.join();
  EXPECT_EQ(reason(*one), "fine");
}

TEST_F(PostgresqlTrouble, ALockIsWaitedForBriefly) {
  ASSERT_TRUE(database_->execute("CREATE TABLE plays (n BIGINT)"));
  const auto other = Database::open(database_.url(), 1).value();
  std::latch taken(1), release(1);
  std::jthread holder([&] {
    const auto held = other->transact([&](Session& session) -> Result<void> {
      SWARMA_RETURN_IF_ERROR(session.execute("LOCK TABLE plays IN ACCESS EXCLUSIVE MODE"));
      taken.count_down();
      release.wait();
      return {};
    });
    EXPECT_TRUE(held);
  });
  taken.wait();
  EXPECT_LT(time_of([&] { EXPECT_EQ(reason(*database_, "SELECT count(*) FROM plays"), "database_busy"); }), 5s);
  release.count_down();
  holder.join();
  EXPECT_EQ(reason(*database_, "SELECT count(*) FROM plays"), "fine");
}

TEST_F(PostgresqlTrouble, AServerThatIsGoneIsSaidSoAtOnceAndItsReturnIsNoticed) {
  EXPECT_TRUE(database_->check());
  ASSERT_TRUE(crash_postgresql());
  EXPECT_EQ(database_->check().error().reason, "database_unavailable");
  EXPECT_LT(time_of([&] {
              for (int i = 0; i < 20; ++i) EXPECT_EQ(reason(*database_), "database_unavailable");
            }),
            5s);
  ASSERT_TRUE(restart_postgresql());
  const auto until = Clocks::now() + 10s;
  while (!database_->check() && Clocks::now() < until) std::this_thread::sleep_for(100ms);
  EXPECT_EQ(reason(*database_), "fine");
}

TEST_F(PostgresqlTrouble, TablesThatAreGoneAreNoticed) {
  const Migration migration{"0001_plays", "CREATE TABLE plays (n BIGINT)"};
  ASSERT_TRUE(database_->migrate(std::span(&migration, 1)));
  EXPECT_TRUE(database_->check());
  ASSERT_TRUE(database_->execute("DROP TABLE schema_migrations"));
  EXPECT_EQ(database_->check().error().reason, "database_corrupt");
}

}  // namespace
}  // namespace swarma::db
