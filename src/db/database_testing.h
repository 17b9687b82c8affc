// Fresh databases for tests, on both engines, for any module's tests:
//
//   class RegistryTest : public ::testing::TestWithParam<db::testing::Engine> {
//    protected:
//     db::testing::TestDatabase database_ = db::testing::make_test_database(GetParam()).value();
//   };
//   INSTANTIATE_TEST_SUITE_P(Engines, RegistryTest, ::testing::ValuesIn(db::testing::kEngines),
//   db::testing::engine_name);
//
// SQLite: a file in a temporary folder. PostgreSQL: a schema of a private server, started on a Unix socket the first
// time the process asks for one and stopped when the process ends, however it ends. The server runs with fsync off and
// sorts text by ICU rules, so that code which leans on byte order of TEXT fails here. Nothing is skipped: without the
// PostgreSQL programs make_test_database fails with a sentence that says what to install.
//
// Only test programs use this, so only they link it.
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <string>

#include "base/testing.h"
#include "db/database.h"

namespace swarma::db::testing {

using swarma::testing::TemporaryFolder;

enum class Engine { Sqlite, Postgresql };
inline constexpr std::array kEngines = {Engine::Sqlite, Engine::Postgresql};

/// "Sqlite" or "Postgresql": for test names.
std::string to_string(Engine engine);
inline constexpr auto engine_name = [](const auto& info) { return to_string(info.param); };

/// An empty database. A second node on it: `Database::open(database.url())`.
class TestDatabase {
 public:
  TestDatabase(TemporaryFolder folder, std::string url, std::unique_ptr<Database> database)
      : folder_(std::move(folder)), url_(std::move(url)), database_(std::move(database)) {}
  Database& operator*() const { return *database_; }
  Database* operator->() const { return database_.get(); }
  const std::string& url() const { return url_; }
  /// Closes the connections and opens them anew, as a restarted node would.
  Result<void> reopen();

 private:
  TemporaryFolder folder_;
  std::string url_;
  std::unique_ptr<Database> database_;
};

Result<TestDatabase> make_test_database(Engine engine);
/// The URL of a fresh, empty database that nobody has opened. SQLite's file lies in `folder`.
Result<std::string> make_test_database_url(Engine engine, const std::filesystem::path& folder);

/// Stops this process' PostgreSQL server as a crash would (nothing is flushed) and starts it again on its files.
Result<void> crash_and_restart_postgresql();
/// Its two halves.
Result<void> crash_postgresql();
Result<void> restart_postgresql();

}  // namespace swarma::db::testing
