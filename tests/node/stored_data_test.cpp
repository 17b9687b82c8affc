// docs/reference/stored-data.md against a real database: every column is there, and what is about viewers goes when the
// page says so.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/file.h"
#include "db/database.h"
#include "harness.h"

namespace swarma::test {
namespace {

constexpr const char* kPolicy =
    R"({"paths":[{"grants":{"ttl_s":60,"unlock_s":3600,"max_plays":5},"id":"main","requires":{"allOf":[{"params":{"text":"I will tell a friend."},"requirement":"goodwill_ack"},{"params":{"list":"popcorn"},"requirement":"allowlist_token"}]}},{"grants":{"pass":{"tier":"gold","life_s":3600}},"id":"join","requires":{"params":{"text":"I will tell a friend."},"requirement":"goodwill_ack"}}],"version":1})";
constexpr const char* kCodes = R"({"popcorn":[{"code":"salted and warm","max_uses":5}]})";

struct Stored {
  std::set<std::string> columns;
  bool about_viewers = false, stays = false;
};

std::vector<std::string> split(std::string_view text, std::string_view by) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(by, at), text.size());
    out.emplace_back(text.substr(at, end - at));
    at = end + by.size();
  }
  return out;
}

/// What the page says, by table.
std::map<std::string, Stored> written() {
  std::map<std::string, Stored> out;
  bool viewers = false;
  const Bytes text = read_file(SWARMA_SOURCE_DIR "/docs/reference/stored-data.md", 1 << 20).value();
  for (std::string line : split(as_text(text), "\n")) {
    if (line.ends_with(" |")) line.resize(line.size() - 2);
    if (line.starts_with("## ")) viewers = line == "## About viewers";
    const auto cells = split(line, " | ");
    if (!line.starts_with("| ") || cells.size() != 5 || cells[0] == "| table" || cells[0] == "| ---") continue;
    Stored& table = out[cells[0].substr(2)];
    for (const std::string& column : split(cells[1], ", ")) table.columns.insert(column);
    table.about_viewers = viewers;
    table.stays = cells[4].starts_with("never") || cells[4].starts_with("with the");
  }
  return out;
}

struct StoredData : ::testing::Test {
  TemporaryFolder folder;
  std::map<std::string, Stored> page = written();

  std::unique_ptr<db::Database> database() {
    return db::Database::open("sqlite:" + (folder.path() / "swarma.db").string()).value();
  }
  std::int64_t rows_of(const std::string& table) {
    return database()->query("SELECT COUNT(*) FROM " + table).value().front().integer(0);
  }
};

TEST_F(StoredData, IsAllOnThePage) {
  const RunningNode node(folder.path());
  std::map<std::string, std::set<std::string>> real;
  const auto tables = database()->query(
      "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name "
      "NOT "
      "LIKE 'sqlite_%'");
  ASSERT_TRUE(tables) << tables.error().message;
  for (const db::Row& row : *tables) real[row.text(0)].insert(row.text(1));
  for (const auto& [table, columns] : real) {
    ASSERT_TRUE(page.contains(table)) << "docs/reference/stored-data.md says nothing of the table " << table;
    EXPECT_EQ(page[table].columns, columns) << table;
  }
  for (const auto& [table, stored] : page) EXPECT_TRUE(real.contains(table)) << "there is no table " << table;
}

TEST_F(StoredData, AboutViewersGoesInTime) {
  RunningNode node(folder.path());
  const FakeTitle title = make_title(node.owner(), kPolicy, 8, kCodes);
  const auto done = publish(title, node.url(), node.owner());
  ASSERT_TRUE(done) << done.error().message;
  TestViewer viewer(node.url());
  const std::string id = title.record.id.text();
  const std::vector<std::string> shown = {viewer.attest(id, "goodwill_ack"),
                                          viewer.attest(id, "allowlist_token", {{"code", "salted and warm"}})};
  ASSERT_EQ(viewer.post("/v1/keys/request", viewer.key_request(title.record, "main", {0, 8}, shown), "once").status,
            200);
  ASSERT_EQ(viewer
                .post("/v1/passes/request", {{"title_id", id},
                                             {"revision", 1},
                                             {"path", "join"},
                                             {"attestations", {viewer.attest(id, "goodwill_ack")}}})
                .status,
            200);
  for (const char* table : {"actions", "attestations", "code_uses", "grant_path_uses", "grant_unlocks", "once_answers",
                            "once_proofs", "pass_given"})
    EXPECT_GT(rows_of(table), 0) << table;

  // Every hour for 70 days would take long: the clock goes in steps, as a node's does that is started now and then.
  for (int step = 0; step < 10; ++step) {
    test_clock().advance(std::chrono::days(7));
    node.tidy_up();
  }
  for (const auto& [table, stored] : page)
    if (stored.about_viewers && !stored.stays) EXPECT_EQ(rows_of(table), 0) << table;
}

}  // namespace
}  // namespace swarma::test
