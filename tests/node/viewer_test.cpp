// A viewer's session (src/viewer) at a node: it unlocks, rolls on, and ends where the terms end.
#include <gtest/gtest.h>

#include "access/attest/human_testing.h"
#include "harness.h"
#include "viewer/session.h"

namespace swarma::test {
namespace {

// The first two slots are free; the rest in grants of two slots (4 s each) for whoever accepts.
constexpr const char* kPreviewAndGoodwill =
    R"({"paths":[{"grants":{"slots":[0,2]},"id":"preview"},)"
    R"({"grants":{"window_s":8},"id":"main","requires":{"params":{"text":"I promise."},)"
    R"("requirement":"goodwill_ack"}}],"version":1})";

class Viewing : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto done = publish(title, node.url(), node.owner());
    ASSERT_TRUE(done) << done.error().message;
  }
  Result<std::unique_ptr<viewer::Session>> open(access::unlock::Answers answers) {
    return viewer::Session::open(title.record.id, {.node = node.url(), .memory = folder / "seen", .http = {}},
                                 {signing, decryption}, test_clock(), std::move(answers));
  }

  TemporaryFolder folder;
  RunningNode node{folder / "node"};
  FakeTitle title = make_title(node.owner(), kPreviewAndGoodwill);
  const crypto::SigningKey signing = crypto::SigningKey::generate();
  const crypto::DecryptionKey decryption = crypto::DecryptionKey::generate();
};

TEST_F(Viewing, ReadsTheWholeFilmAndRollsOn) {
  const auto session = open({.accept_goodwill = true});
  ASSERT_TRUE(session) << session.error().message;
  EXPECT_EQ((*session)->offered_range().value(), (SlotRange{0, 8}));
  EXPECT_EQ((*session)->grant(), nullptr);
  for (Slot slot = 0; slot < 8; ++slot) {
    const auto segment = (*session)->reader().read_segment(0, slot);
    ASSERT_TRUE(segment) << segment.error().message;
    EXPECT_EQ(*segment, title.plain[slot]);
  }
  EXPECT_EQ((*session)->grant()->path, "main");
  EXPECT_EQ((*session)->grant()->slots, (SlotRange{6, 8}));
}

TEST_F(Viewing, EndsWhereTheTermsEndForThisViewer) {
  const auto session = open({});
  ASSERT_TRUE(session) << session.error().message;
  EXPECT_TRUE((*session)->unlock(0));
  EXPECT_EQ((*session)->grant()->path, "preview");
  EXPECT_TRUE((*session)->reader().read_segment(0, 1));
  const auto beyond = (*session)->reader().read_segment(0, 2);
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().reason, "cannot_meet");
  EXPECT_TRUE(content::watch::is_end_of_grant(beyond.error()));
}

TEST_F(Viewing, GoesOnByAnotherWayWhereTheFirstOneEnds) {
  bool accept = false;
  const auto session = open({.ask_goodwill = [&](const std::string&) { return accept; }});
  ASSERT_TRUE(session) << session.error().message;
  ASSERT_TRUE((*session)->unlock(0));
  EXPECT_EQ((*session)->grant()->path, "preview");
  accept = true;
  EXPECT_EQ((*session)->reader().read_segment(0, 2).value(), title.plain[2]);
  EXPECT_EQ((*session)->grant()->path, "main");
}

TEST_F(Viewing, RefusesAPathThatOpensNothing) {
  const auto session = open({.path = "gold"});
  ASSERT_TRUE(session) << session.error().message;
  EXPECT_EQ((*session)->offered_range().error().reason, "cannot_meet");
}

/// A title that asks for one thing, and a viewer who meets it or does not.
class Asking : public ::testing::Test {
 protected:
  std::string outcome(const char* requires_, access::unlock::Answers answers) {
    const FakeTitle title = make_title(
        node.owner(),
        std::string(R"({"paths":[{"grants":{},"id":"way","requires":)") + requires_ + R"(}],"version":1})", 2);
    const auto done = publish(title, node.url(), node.owner());
    EXPECT_TRUE(done) << done.error().message;
    const auto session =
        viewer::Session::open(title.record.id, {.node = node.url(), .memory = folder / "seen", .http = {}},
                              {signing, decryption}, test_clock(), std::move(answers));
    if (!session) return session.error().reason;
    const auto unlocked = (*session)->unlock(0);
    return unlocked ? "fine" : unlocked.error().reason;
  }

  TemporaryFolder folder;
  RunningNode node{folder / "node"};
  const crypto::SigningKey signing = crypto::SigningKey::generate();
  const crypto::DecryptionKey decryption = crypto::DecryptionKey::generate();
};

TEST_F(Asking, ForMemoryAndForMoreWorkThanTheLeast) {
  EXPECT_EQ(
      outcome(
          R"({"params":{"algorithm":"argon2id","difficulty":3,"memory_kib":1024,"passes":1},"requirement":"puzzle_solve"})",
          {.puzzle_threads = 2}),
      "fine");
  EXPECT_EQ(
      outcome(R"({"params":{"algorithm":"sha256","difficulty":4,"max_difficulty":8},"requirement":"puzzle_solve"})",
              {.puzzle_threads = 2}),
      "fine");
}

TEST_F(Asking, APerson) {
  constexpr const char* kHuman = R"({"params":{"algorithm":"human"},"requirement":"puzzle_solve"})";
  EXPECT_EQ(outcome(kHuman, {}), "cannot_meet");
  EXPECT_EQ(outcome(kHuman, {.ask_question = [](const std::string&) { return "no idea"; }}), "wrong_answer");
  EXPECT_EQ(
      outcome(kHuman, {.ask_question =
                           [](const std::string& question) { return access::attest::testing::answer_to(question); }}),
      "fine");
}

TEST_F(Asking, ForAPass) {
  constexpr const char* kMembers = R"({"params":{"pass":"gold"},"requirement":"allowlist_token"})";
  EXPECT_EQ(outcome(kMembers, {.code = "no pass"}), "cannot_meet");
  TestViewer owner(node.url(), node.owner().signing);
  const Answer given = owner.post("/v1/passes", {{"holder", signing.jkt()}, {"tier", "gold"}});
  ASSERT_EQ(given.status, 201) << given.body.dump();
  EXPECT_EQ(outcome(kMembers, {.pass = given.body["pass"]}), "fine");
  EXPECT_EQ(outcome(kMembers, {.pass = "no pass"}), "pass_forged");
}

}  // namespace
}  // namespace swarma::test
