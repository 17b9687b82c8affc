// Durability::Full, by killing: a client at any moment, PostgreSQL's server, and (by watching its syncs) SQLite's
// machine.
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>

#include "base/file.h"
#include "base/random.h"
#include "db/database_testing.h"

namespace swarma::db {

using namespace db::testing;
namespace {

const std::vector<Migration> kLedger = {
    {"0001_ledger",
     "CREATE TABLE debits (n BIGINT PRIMARY KEY); CREATE TABLE credits (n BIGINT PRIMARY KEY, b {BYTES});"}};

Result<void> book(Database& db, std::int64_t n, Durability durability) {
  return db.transact(
      [n](Session& session) -> Result<void> {
        SWARMA_RETURN_IF_ERROR(session.execute("INSERT INTO debits (n) VALUES ($1)", {n}));
        SWARMA_RETURN_IF_ERROR(session.execute("INSERT INTO credits (n, b) VALUES ($1, $2)", {n, Bytes(3000, 7)}));
        return {};
      },
      durability);
}

std::int64_t largest(Database& db, const char* table) {
  const auto rows = db.query(std::string("SELECT coalesce(max(n), 0), count(*) FROM ") + table);
  if (!rows) return -1;
  EXPECT_EQ(rows->front().integer(0), rows->front().integer(1)) << "a gap in " << table;
  return rows->front().integer(0);
}

/// Books n + 1, n + 2, … for ever, and says each number once it is committed.
[[noreturn]] void book_for_ever(const std::string& url, std::int64_t n, int acknowledge) {
  const auto db = Database::open(url, 1);
  while (db && book(**db, ++n, Durability::Full) && ::write(acknowledge, &n, sizeof n) == sizeof n) {
  }
  ::_exit(1);
}

class DurabilityTest : public ::testing::TestWithParam<Engine> {};
INSTANTIATE_TEST_SUITE_P(Engines, DurabilityTest, ::testing::ValuesIn(kEngines), engine_name);

TEST_P(DurabilityTest, KillLosesNothingThatWasCommittedAndLeavesNoHalf) {
  const TemporaryFolder folder;
  const auto url = make_test_database_url(GetParam(), folder.path());
  ASSERT_TRUE(url) << url.error().message;
  ASSERT_TRUE(Database::open(*url, 1).value()->migrate(kLedger));
  std::int64_t present = 0;
  for (int round = 0; round < 25; ++round) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    if (child == 0) book_for_ever(*url, present, pipe[1]);
    ::close(pipe[1]);
    const Fd acknowledged(pipe[0]);
    std::int64_t last = 0;
    // The kill comes right after a random acknowledgement: somewhere inside the next transaction.
    for (int more = 1 + random_array<1>()[0] % 40; more > 0; --more)
      ASSERT_EQ(::read(acknowledged.get(), &last, sizeof last), ssize_t{sizeof last});
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    while (::read(acknowledged.get(), &last, sizeof last) == sizeof last) {
    }
    const auto db = Database::open(*url, 1);
    ASSERT_TRUE(db) << db.error().message;
    present = largest(**db, "debits");
    if (GetParam() == Engine::Postgresql && present == last) {
      // The server may still be finishing the killed client's last commit: a write of ours comes after it or before it.
      ASSERT_TRUE(book(**db, last + 2, Durability::Full));
      ASSERT_TRUE((*db)->execute("DELETE FROM debits WHERE n = $1", {last + 2}));
      ASSERT_TRUE((*db)->execute("DELETE FROM credits WHERE n = $1", {last + 2}));
      present = largest(**db, "debits");
    }
    EXPECT_GE(present, last);
    EXPECT_LE(present, last + 1);
    EXPECT_EQ(largest(**db, "credits"), present);
  }
}

TEST(DurabilityOnPostgresql, ACrashOfTheServerLosesNothingOfAFullCommit) {
  auto database = make_test_database(Engine::Postgresql);
  ASSERT_TRUE(database) << database.error().message;
  ASSERT_TRUE((*database)->migrate(kLedger));
  std::int64_t n = 0;
  for (int round = 0; round < 4; ++round) {
    ASSERT_TRUE(book(**database, ++n, Durability::Normal));
    ASSERT_TRUE(book(**database, ++n, Durability::Full));
    ASSERT_TRUE(crash_and_restart_postgresql());
    // The same Database goes on: it notices that the server went and connects again.
    EXPECT_EQ(largest(**database, "debits"), n);
    EXPECT_EQ(largest(**database, "credits"), n);
  }
}

// Counts the syncs that SQLite asks of the kernel, per kind of file.
struct SyncCounter {
  static inline std::map<std::string, int> synced;
  static inline sqlite3_vfs* real = nullptr;
  static inline sqlite3_vfs counting;
  static inline std::map<const sqlite3_io_methods*, sqlite3_io_methods> methods;  // the real ones, with our xSync
  static inline std::map<sqlite3_file*, std::pair<std::string, const sqlite3_io_methods*>>
      open;  // file → (name's end, real)

  static int on_sync(sqlite3_file* file, int flags) {
    ++synced[open[file].first];
    return open[file].second->xSync(file, flags);
  }
  static int on_open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    const int code = real->xOpen(real, name, file, flags, out_flags);
    if (code != SQLITE_OK || file->pMethods == nullptr) return code;
    const auto [copy, fresh] = methods.try_emplace(file->pMethods, *file->pMethods);
    if (fresh) copy->second.xSync = on_sync;
    open[file] = {std::string(name == nullptr ? "" : name).ends_with("-wal") ? "wal" : "other", file->pMethods};
    file->pMethods = &copy->second;
    return code;
  }
  SyncCounter() {
    real = sqlite3_vfs_find(nullptr);
    counting = *real;
    counting.zName = "counting";
    counting.xOpen = on_open;
    sqlite3_vfs_register(&counting, 1);
  }
  ~SyncCounter() {
    sqlite3_vfs_unregister(&counting);
    sqlite3_vfs_register(real, 1);
  }
};

TEST(DurabilityOnSqlite, AFullCommitSyncsTheLogAndANormalOneDoesNot) {
  const SyncCounter counter;
  const auto database = make_test_database(Engine::Sqlite);
  ASSERT_TRUE(database);
  ASSERT_TRUE((*database)->migrate(kLedger));
  std::int64_t n = 0;
  const auto syncs_of = [&](Durability durability) {
    const int before = SyncCounter::synced["wal"];
    EXPECT_TRUE(book(**database, ++n, durability));
    return SyncCounter::synced["wal"] - before;
  };
  EXPECT_EQ(syncs_of(Durability::Full), 1);
  EXPECT_EQ(syncs_of(Durability::Normal), 0);
  EXPECT_EQ(syncs_of(Durability::Full), 1);
  EXPECT_EQ(syncs_of(Durability::Full), 1);
  const int before = SyncCounter::synced["wal"];
  ASSERT_TRUE((*database)->execute("INSERT INTO debits (n) VALUES (100)"));
  EXPECT_EQ(SyncCounter::synced["wal"], before);
}

TEST(DurabilityOnSqlite, AFileThatGrowsUnderACheckpointIsNotCalledDamaged) {
  const auto database = make_test_database(Engine::Sqlite);
  ASSERT_TRUE(database);
  ASSERT_TRUE((*database)->migrate(kLedger));
  std::atomic<bool> writing = true;
  std::jthread watcher([&] {
    while (writing) {
      const auto whole = (*database)->check();
      EXPECT_TRUE(whole || whole.error().reason == "database_busy") << whole.error().message;
    }
  });
  // Each transaction is larger than what the log holds before it is written back: 40 MB.
  for (int n = 0; n < 5; ++n)
    EXPECT_TRUE((*database)->transact([n](Session& session) -> Result<void> {
      for (int i = 0; i < 40; ++i)
        SWARMA_RETURN_IF_ERROR(session.execute("INSERT INTO credits (n, b) VALUES ($1, $2)",
                                               {std::int64_t{n * 40 + i}, Bytes(1 << 20, 7)}));
      return {};
    }));
  writing = false;
}

}  // namespace
}  // namespace swarma::db
