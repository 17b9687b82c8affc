// The contract of Database, on each engine.
#include "db/database.h"

#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <thread>

#include "db/database_testing.h"

namespace swarma::db {

using namespace db::testing;
namespace {

class DatabaseTest : public ::testing::TestWithParam<Engine> {
 protected:
  void SetUp() override {
    auto made = make_test_database(GetParam());
    ASSERT_TRUE(made) << made.error().message;
    database_.emplace(*std::move(made));
  }
  Database& db() { return **database_; }
  void make_counters() {
    const Migration migration{"0001_counters",
                              "CREATE TABLE counters (name TEXT PRIMARY KEY, n BIGINT NOT NULL CHECK (n >= 0));"};
    ASSERT_TRUE(db().migrate(std::span(&migration, 1)));
  }
  std::int64_t count(const std::string& name) {
    const auto rows = db().query("SELECT n FROM counters WHERE name = $1", {name});
    return rows && rows->size() == 1 ? rows->front().integer(0) : -1;
  }
  std::optional<TestDatabase> database_;
};
INSTANTIATE_TEST_SUITE_P(Engines, DatabaseTest, ::testing::ValuesIn(kEngines), engine_name);

TEST_P(DatabaseTest, KeepsWhatATransactionWrote) {
  make_counters();
  const auto done = db().transact([](Session& session) -> Result<void> {
    SWARMA_RETURN_IF_ERROR(
        session.execute("INSERT INTO counters (name, n) VALUES ($1, $2)", {"plays", std::int64_t{1}}));
    SWARMA_TRY(const auto rows,
               session.query("UPDATE counters SET n = n + $2 WHERE name = $1 RETURNING n", {"plays", std::int64_t{4}}));
    EXPECT_EQ(rows.at(0).integer(0), 5);
    return {};
  });
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(count("plays"), 5);
  ASSERT_TRUE(database_->reopen());
  EXPECT_EQ(count("plays"), 5);
}

TEST_P(DatabaseTest, RollsBackWhenTheWorkFails) {
  make_counters();
  const auto done = db().transact([](Session& session) -> Result<void> {
    SWARMA_RETURN_IF_ERROR(session.execute("INSERT INTO counters (name, n) VALUES ('plays', 1)"));
    return fail(ErrorCode::Forbidden, "no", "No.");
  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().reason, "no");
  EXPECT_EQ(count("plays"), -1);
}

TEST_P(DatabaseTest, ReturnsEveryTypeAsItWasGiven) {
  const Migration migration{
      "0001", "CREATE TABLE t (id {AUTO_ID}, i BIGINT, d DOUBLE PRECISION, s TEXT, b {BYTES}, j {JSON});"};
  ASSERT_TRUE(db().migrate(std::span(&migration, 1)));
  Bytes all(256);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint8_t>(i);
  const std::string text = "naïve 片 🎬 ' \" \\ %";
  const std::vector<Values> kept = {
      {std::numeric_limits<std::int64_t>::max(), 0.1, text, all, "{\"b\": 1,  \"a\":2}"},
      {std::numeric_limits<std::int64_t>::min(), -1e300, "", Bytes{}, "[]"},
      {std::int64_t{0}, 5e-324, std::string(100'000, 'x'), Bytes(100'000, 0), "null"},
  };
  for (const Values& values : kept) {
    const auto put =
        db().query("INSERT INTO t (i, d, s, b, j) VALUES ($1, $2, $3, $4, $5) RETURNING i, d, s, b, j, id", values);
    ASSERT_TRUE(put) << put.error().message;
    const auto got = db().query("SELECT i, d, s, b, j FROM t WHERE id = $1", {put->front().integer(5)});
    ASSERT_TRUE(got);
    for (const Row& row : {put->front(), got->front()}) {
      EXPECT_EQ(row.integer(0), std::get<std::int64_t>(values[0]));
      EXPECT_EQ(row.real(1), std::get<double>(values[1]));
      EXPECT_EQ(row.text(2), std::get<std::string>(values[2]));
      EXPECT_EQ(row.blob(3), std::get<Bytes>(values[3]));
      EXPECT_EQ(row.text(4), std::get<std::string>(values[4]));
    }
  }
}

TEST_P(DatabaseTest, TellsNullFromEmpty) {
  const Migration migration{"0001", "CREATE TABLE t (i BIGINT, s TEXT, b {BYTES});"};
  ASSERT_TRUE(db().migrate(std::span(&migration, 1)));
  const char* insert = "INSERT INTO t (i, s, b) VALUES ($1, $2, $3)";
  ASSERT_TRUE(db().execute(insert, {std::int64_t{1}, nullptr, nullptr}));
  ASSERT_TRUE(db().execute(insert, {std::int64_t{2}, "", Bytes{}}));
  ASSERT_TRUE(db().execute(insert, {nullptr, "three", Bytes{3}}));  // the same text with other types
  const auto rows = db().query("SELECT i, s, b FROM t ORDER BY coalesce(i, 9)");
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 3u);
  EXPECT_TRUE((*rows)[0].is_null(1) && (*rows)[0].is_null(2));
  EXPECT_FALSE((*rows)[1].is_null(1) || (*rows)[1].is_null(2));
  EXPECT_TRUE((*rows)[2].is_null(0));
}

TEST_P(DatabaseTest, TakesParametersByNumberWhateverTheirOrder) {
  const auto rows =
      db().query("SELECT $2 || '-' || $1 || '-' || $2, CAST($3 AS BIGINT) + 1", {"a", "b", std::int64_t{41}});
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ(rows->front().text(0), "b-a-b");
  EXPECT_EQ(rows->front().integer(1), 42);
}

TEST_P(DatabaseTest, GivesBooleansAndSumsAsIntegers) {
  make_counters();
  ASSERT_TRUE(db().execute("INSERT INTO counters (name, n) VALUES ('a', 1), ('b', 2)"));
  const auto rows =
      db().query("SELECT count(*), sum(n), max(n) > 1, EXISTS (SELECT 1 FROM counters WHERE name = 'c') FROM counters");
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ(rows->front().integer(0), 2);
  EXPECT_EQ(rows->front().integer(1), 3);
  EXPECT_EQ(rows->front().integer(2), 1);
  EXPECT_EQ(rows->front().integer(3), 0);
}

TEST_P(DatabaseTest, CountsTheRowsThatChanged) {
  make_counters();
  EXPECT_EQ(db().execute("INSERT INTO counters (name, n) VALUES ('a', 1), ('b', 2)").value(), 2);
  EXPECT_EQ(db().execute("INSERT INTO counters (name, n) VALUES ('a', 7) ON CONFLICT DO NOTHING").value(), 0);
  EXPECT_EQ(db().execute("UPDATE counters SET n = n + 1 WHERE name = $1", {"zzz"}).value(), 0);
  EXPECT_EQ(db().execute("SELECT n FROM counters").value(), 0);
  EXPECT_EQ(db().execute("DELETE FROM counters").value(), 2);
}

TEST_P(DatabaseTest, NamesTheBrokenConstraint) {
  make_counters();
  ASSERT_TRUE(db().migrate(
      std::vector<Migration>{{"0002", "CREATE TABLE child (name TEXT NOT NULL REFERENCES counters (name));"}}));
  ASSERT_TRUE(db().execute("INSERT INTO counters (name, n) VALUES ('a', 1)"));
  const auto reason = [&](const char* sql, const Values& values) {
    const auto done = db().execute(sql, values);
    if (done) return std::string("none");
    EXPECT_EQ(done.error().code, ErrorCode::Conflict);
    EXPECT_EQ(done.error().message.find("hush"), std::string::npos) << done.error().message;
    return done.error().reason;
  };
  EXPECT_EQ(reason("INSERT INTO counters (name, n) VALUES ($1, 1)", {"a"}), "unique_violation");
  EXPECT_EQ(reason("INSERT INTO counters (name, n) VALUES ($1, -1)", {"hush"}), "constraint_violation");
  EXPECT_EQ(reason("INSERT INTO child (name) VALUES ($1)", {"hush"}), "foreign_key_violation");
  EXPECT_EQ(reason("INSERT INTO child (name) VALUES ($1)", {nullptr}), "constraint_violation");
}

TEST_P(DatabaseTest, CommitsNothingWhenAFailureWasIgnored) {
  make_counters();
  const auto done = db().transact([](Session& session) -> Result<void> {
    SWARMA_RETURN_IF_ERROR(session.execute("INSERT INTO counters (name, n) VALUES ('a', 1)"));
    EXPECT_FALSE(session.execute("INSERT INTO counters (name, n) VALUES ('a', 1)"));
    const auto later = session.query("SELECT 1");
    EXPECT_FALSE(later);
    EXPECT_EQ(later.error().reason, "transaction_failed");
    return {};
  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().reason, "transaction_failed");
  EXPECT_EQ(count("a"), -1);
  EXPECT_TRUE(db().execute("INSERT INTO counters (name, n) VALUES ('a', 2)"));  // the connection is as good as new
}

TEST_P(DatabaseTest, RefusesWrongStatements) {
  EXPECT_FALSE(db().query("SELEC 1"));
  EXPECT_FALSE(db().query("SELECT $1 || 'x'"));
  EXPECT_FALSE(db().query("SELECT 1; SELECT 2"));
  EXPECT_FALSE(db().query("SELECT * FROM nowhere"));
  EXPECT_FALSE(db().query("SELECT $1 || 'x'", {std::string("a\0b", 3)}));
  EXPECT_TRUE(db().query("SELECT 1;"));
}

TEST_P(DatabaseTest, RefusesACallOnItselfInsideATransaction) {
  make_counters();
  const auto done = db().transact([&](Session&) -> Result<void> {
    SWARMA_RETURN_IF_ERROR(db().execute("INSERT INTO counters (name, n) VALUES ('a', 1)"));
    return {};
  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().reason, "nested_database_call");
}

TEST_P(DatabaseTest, MigratesOnceAlsoWhenSeveralNodesStartTogether) {
  const std::vector<Migration> migrations = {
      {"0001", "CREATE TABLE runs (id {AUTO_ID}, b {BYTES}); INSERT INTO runs (b) VALUES (NULL);"},
      {"0002", "INSERT INTO runs (b) VALUES (NULL); CREATE TABLE pairs (a BIGINT, PRIMARY KEY (a)) {WITHOUT_ROWID};"},
  };
  std::atomic<int> failures = 0;
  {
    std::vector<std::jthread> nodes;
    for (int i = 0; i < 6; ++i)
      nodes.emplace_back([&] {
        const auto node = Database::open(database_->url(), 2);
        const auto done = node ? (*node)->migrate(migrations) : Result<void>(std::unexpected(node.error()));
        if (!done) {
          ++failures;
          ADD_FAILURE() << done.error().message;
        }
      });
  }
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(db().query("SELECT count(*) FROM runs")->front().integer(0), 2);
  ASSERT_TRUE(db().migrate(migrations));
  EXPECT_EQ(db().query("SELECT count(*) FROM runs")->front().integer(0), 2);
}

TEST_P(DatabaseTest, LeavesNothingOfAMigrationThatFails) {
  const std::vector<Migration> bad = {{"0001", "CREATE TABLE good (a BIGINT); CREATE TABLE bad (;"}};
  const auto done = db().migrate(bad);
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message.find("0001"), std::string::npos);
  EXPECT_FALSE(db().query("SELECT a FROM good"));
  EXPECT_TRUE(db().migrate(std::vector<Migration>{{"0001", "CREATE TABLE good (a BIGINT);"}}));
}

TEST_P(DatabaseTest, RefusesAMigrationThatWasEdited) {
  ASSERT_TRUE(db().migrate(std::vector<Migration>{{"0001", "CREATE TABLE a (a BIGINT);"}}));
  const auto done = db().migrate(std::vector<Migration>{{"0001", "CREATE TABLE a (a TEXT);"}});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().reason, "migration_changed");
}

TEST_P(DatabaseTest, LosesNoUpdateBetweenManyWriters) {
  make_counters();
  ASSERT_TRUE(db().execute("INSERT INTO counters (name, n) VALUES ('a', 0)"));
  const auto other = Database::open(database_->url(), 4);  // a second node
  ASSERT_TRUE(other);
  constexpr int kThreads = 8, kRounds = 25;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t)
      threads.emplace_back([&, t] {
        Database& node = t % 2 == 0 ? db() : **other;
        for (int i = 0; i < kRounds; ++i) {
          // Read, think, write: correct only when transactions are serialisable.
          const auto done = node.transact([](Session& session) -> Result<void> {
            SWARMA_TRY(const auto rows, session.query("SELECT n FROM counters WHERE name = 'a'"));
            SWARMA_RETURN_IF_ERROR(
                session.execute("UPDATE counters SET n = $1 WHERE name = 'a'", {rows.at(0).integer(0) + 1}));
            return {};
          });
          EXPECT_TRUE(done) << done.error().message;
        }
      });
  }
  EXPECT_EQ(count("a"), kThreads * kRounds);
}

TEST_P(DatabaseTest, BreaksDeadlocks) {
  make_counters();
  ASSERT_TRUE(db().execute("INSERT INTO counters (name, n) VALUES ('a', 0), ('b', 0)"));
  const auto bump = [&](const char* first, const char* second) {
    return db().transact([&](Session& session) -> Result<void> {
      SWARMA_RETURN_IF_ERROR(session.execute("UPDATE counters SET n = n + 1 WHERE name = $1", {first}));
      SWARMA_RETURN_IF_ERROR(session.execute("UPDATE counters SET n = n + 1 WHERE name = $1", {second}));
      return {};
    });
  };
  {
    std::jthread one([&] {
      for (int i = 0; i < 50; ++i) EXPECT_TRUE(bump("a", "b"));
    });
    std::jthread two([&] {
      for (int i = 0; i < 50; ++i) EXPECT_TRUE(bump("b", "a"));
    });
  }
  EXPECT_EQ(count("a"), 100);
  EXPECT_EQ(count("b"), 100);
}

TEST_P(DatabaseTest, ReadersSeeOnlyWholeTransactions) {
  make_counters();
  ASSERT_TRUE(db().execute("INSERT INTO counters (name, n) VALUES ('a', 0), ('b', 0)"));
  std::atomic<bool> stop = false;
  std::jthread reader([&] {
    while (!stop) {
      const auto rows =
          db().query("SELECT (SELECT n FROM counters WHERE name = 'a') - (SELECT n FROM counters WHERE name = 'b')");
      EXPECT_TRUE(rows);
      if (rows) {
        EXPECT_EQ(rows->front().integer(0), 0);
      }
    }
  });
  for (int i = 0; i < 100; ++i)
    EXPECT_TRUE(db().transact([](Session& session) -> Result<void> {
      SWARMA_RETURN_IF_ERROR(session.execute("UPDATE counters SET n = n + 1 WHERE name = 'a'"));
      SWARMA_RETURN_IF_ERROR(session.execute("UPDATE counters SET n = n + 1 WHERE name = 'b'"));
      return {};
    }));
  stop = true;
}

TEST_P(DatabaseTest, BoundsItsStatementCache) {
  for (int i = 0; i < 1200; ++i) {
    const auto rows = db().query("SELECT " + std::to_string(i) + " + CAST($1 AS BIGINT)", {std::int64_t{1}});
    ASSERT_TRUE(rows) << rows.error().message;
    EXPECT_EQ(rows->front().integer(0), i + 1);
  }
}

TEST_P(DatabaseTest, SurvivesAChangeOfTheSchemaByAnotherNode) {
  make_counters();
  ASSERT_TRUE(db().execute("INSERT INTO counters (name, n) VALUES ('a', 1)"));
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(db().query("SELECT * FROM counters"));  // prepared on the connections
  const auto other = Database::open(database_->url(), 1);
  ASSERT_TRUE(other);
  ASSERT_TRUE((*other)->migrate(std::vector<Migration>{{"0002", "ALTER TABLE counters ADD COLUMN note TEXT;"}}));
  const auto rows = db().query("SELECT * FROM counters");
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_TRUE(rows->front().is_null(2));
}

TEST(Database, OpensInMemory) {
  const auto db = Database::open("sqlite::memory:");
  ASSERT_TRUE(db);
  ASSERT_TRUE((*db)->execute("CREATE TABLE t (a BIGINT)"));
  ASSERT_TRUE((*db)->execute("INSERT INTO t VALUES (7)"));
  EXPECT_EQ((*db)->query("SELECT a FROM t")->front().integer(0), 7);
}

TEST(Database, SaysWhyItCannotOpen) {
  const auto folder = Database::open("sqlite:/nonexistent/folder/db");
  ASSERT_FALSE(folder);
  EXPECT_NE(folder.error().message.find("/nonexistent/folder/db"), std::string::npos);
  const auto server = Database::open("postgresql://someone:hush@127.0.0.1:1/db");
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, ErrorCode::Unavailable);
  EXPECT_EQ(server.error().message.find("hush"), std::string::npos);
  EXPECT_EQ(Database::open("mysql://hush@x").error().message.find("hush"), std::string::npos);
  EXPECT_FALSE(Database::open("sqlite:"));
}

TEST(Database, RefusesAFileThatIsNoDatabase) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "film.mp4";
  FILE* file = std::fopen(path.c_str(), "w");
  std::fputs("this is certainly not a database, but a text of some length, long enough for a header", file);
  std::fclose(file);
  const auto opened = Database::open("sqlite:" + path.string());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().reason, "database_corrupt");
}

}  // namespace
}  // namespace swarma::db
