// A viewer's session (src/viewer) at a node: it unlocks, rolls on, and ends where the terms end.
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace swarma::test
