// For tests of what publishing keeps in rows: a fresh database with the tables of this module, on each engine.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "content/publish/spool.h"
#include "content/publish/tables.h"
#include "db/database_testing.h"
#include "work/queue.h"

namespace swarma::content::publish::testing {

class RowsTest : public ::testing::TestWithParam<db::testing::Engine> {
 protected:
  void SetUp() override {
    auto made = db::testing::make_test_database(GetParam());
    ASSERT_TRUE(made) << made.error().message;
    database_.emplace(*std::move(made));
    ASSERT_TRUE(database().migrate(work::migrations()));
    ASSERT_TRUE(database().migrate(migrations()));
  }
  db::Database& database() { return **database_; }
  /// A node's spool for films of at most 1,000 bytes; several may share the database and the folder.
  std::unique_ptr<Spool> open_spool(const std::filesystem::path& folder, db::Database& database) {
    auto opened = Spool::open(folder, 1'000, database, clock_);
    if (!opened) ADD_FAILURE() << opened.error().message;
    return opened ? *std::move(opened) : nullptr;
  }

  FakeClock clock_;
  std::optional<db::testing::TestDatabase> database_;
};

}  // namespace swarma::content::publish::testing
