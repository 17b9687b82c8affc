// What databases of earlier versions hold stays valid.
#include <gtest/gtest.h>

#include "access/grant/broker.h"
#include "access/grant/unlocks.h"
#include "crypto/hash.h"
#include "db/database_testing.h"
#include "once/tables.h"

namespace swarma::access::grant {
namespace {

class TablesTest : public ::testing::TestWithParam<db::testing::Engine> {
 protected:
  void SetUp() override {
    auto made = db::testing::make_test_database(GetParam());
    ASSERT_TRUE(made) << made.error().message;
    database_.emplace(*std::move(made));
  }
  db::Database& db() { return **database_; }
  std::string used(Instant issued_at) {
    const auto recorded = once::record_proof(db(), {.jkt = "jkt", .jti = "jti", .issued_at = issued_at});
    return recorded ? "fresh" : recorded.error().reason;
  }

  std::optional<db::testing::TestDatabase> database_;
  FakeClock clock_;
};
INSTANTIATE_TEST_SUITE_P(Engines, TablesTest, ::testing::ValuesIn(db::testing::kEngines), db::testing::engine_name);

TEST_P(TablesTest, ProofsAndAnswersMovedToOnceAndStayUsed) {
  ASSERT_TRUE(db().migrate(migrations().first(2)));
  const crypto::Digest name = crypto::sha256(view(std::string("jkt\0jti", 7)));
  ASSERT_TRUE(db().execute("INSERT INTO used_proofs (proof, issued_at) VALUES ($1, $2)",
                           {Bytes(name.begin(), name.end()), clock_.now().unix_s()}));
  ASSERT_TRUE(
      db().execute("INSERT INTO idempotency (viewer, route, key, body_digest, status, content_type, body, expires_at) "
                   "VALUES ('viewer', 'POST /', 'k', 'digest', 200, 'text/plain', 'kept', $1)",
                   {Expiry(clock_.now(), once::kAnswerLife).unix_s()}));
  ASSERT_TRUE(db().migrate(migrations()));
  ASSERT_TRUE(db().migrate(once::migrations()));
  EXPECT_EQ(used(clock_.now()), "replayed_proof");
  const auto answer = once::IdempotencyStore(db(), clock_).begin({"k", "POST /", "viewer", "digest"});
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ((*answer)->body, "kept");
}

/// Proofs were once named by their time too.
TEST_P(TablesTest, TakesOverTheProofsOfTheFirstVersion) {
  ASSERT_TRUE(db().migrate(migrations().first(1)));
  ASSERT_TRUE(db().execute("INSERT INTO dpop_proofs (issued_at, jkt, jti) VALUES ($1, 'jkt', 'jti')",
                           {clock_.now().unix_s() + 300}));
  ASSERT_TRUE(db().migrate(migrations()));
  ASSERT_TRUE(db().migrate(once::migrations()));
  EXPECT_EQ(used(clock_.now()), "replayed_proof");
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(used(clock_.now()), "fresh");
}

/// The agent checks it too; the row does not rely on that.
TEST_P(TablesTest, AnUnlockRollsOnForItsViewerOnly) {
  ASSERT_TRUE(db().migrate(migrations()));
  const TitleId title(TitleId::Raw{7});
  const std::string id(22, 'A'), creator = "creator", viewer = "viewer", path = "path";
  const auto roll_on = [&](const std::string& by) {
    const std::string previous = id + ".first";
    const auto done = db().transact([&](db::Session& session) {
      return count_roll_on(session, {.unlock_id = id, .viewer = by, .previous_grant_id = previous});
    });
    return done ? "fine" : done.error().reason;
  };
  ASSERT_TRUE(db().transact([&](db::Session& session) {
    return add_unlock(session, {.title = title, .viewer = viewer, .path = path},
                      {.id = id,
                       .creator_jkt = creator,
                       .revision = 1,
                       .created_at = clock_.now(),
                       .until = Expiry(clock_.now(), std::chrono::hours(1)),
                       .attestations = "[]"});
  }));
  EXPECT_EQ(roll_on("viewer"), "fine");
  EXPECT_NE(roll_on("somebody"), "fine");
}

}  // namespace
}  // namespace swarma::access::grant
