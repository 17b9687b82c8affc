#include "catalog/registry/completeness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/registry/titles_testing.h"

namespace swarma::catalog::registry {

using namespace registry::testing;
namespace {

using ::testing::HasSubstr;

std::string complaint(const TestTitle& title, FakeBlobs& blobs) {
  const auto done = check_complete(title.record, blobs);
  if (done) return "complete";
  EXPECT_EQ(done.error().reason, "title_incomplete");
  EXPECT_EQ(done.error().code, ErrorCode::Conflict);
  return done.error().message;
}

TEST(Completeness, NamesEveryBlobOfACompleteTitle) {
  FakeBlobs blobs;
  const TestTitle title = make_title(blobs, "Bunny");
  const auto complete = check_complete(title.record, blobs);
  ASSERT_TRUE(complete) << complete.error().message;
  std::vector<BlobId> all;
  for (const auto& [id, blob] : blobs.blobs) all.push_back(id);
  EXPECT_EQ(complete->blobs, all);  // details, playlist, 4 media playlists, 2 inits, 12 segments, poster
  EXPECT_EQ(all.size(), 21u);
  EXPECT_THAT(complete->texts, ::testing::ElementsAre(title::LocalText{"Der große Hase", "Ein Kaninchen wehrt sich."}));
}

TEST(Completeness, MissesEachBlobByName) {
  FakeBlobs all;
  const TestTitle title = make_title(all, "Bunny");
  for (const auto& [id, blob] : all.blobs) {
    FakeBlobs blobs = all;
    blobs.blobs.erase(id);
    EXPECT_THAT(complaint(title, blobs), HasSubstr(id.hex()));
  }
}

TEST(Completeness, MarksEveryBlobAsUsed) {
  FakeBlobs blobs;
  const TestTitle title = make_title(blobs, "Bunny");
  blobs.now += std::chrono::seconds(1'000);
  ASSERT_TRUE(check_complete(title.record, blobs));
  for (const auto& [id, blob] : blobs.blobs) EXPECT_EQ(blob.used_at, blobs.now);
}

TEST(Completeness, RefusesASegmentOfAnotherSize) {
  FakeBlobs blobs;
  const TestTitle title = make_title(blobs, "Bunny");
  blobs.blobs[title.playlists.at("a2-1").segments[1].blob].bytes += "x";
  EXPECT_THAT(complaint(title, blobs), HasSubstr("segment 1 of track a2-1"));
}

TEST(Completeness, RefusesATrackWithoutASegmentForEverySlot) {
  FakeBlobs blobs;
  TestTitle title = make_title(blobs, "Bunny");
  title.playlists.at("c-en-1").segments.pop_back();
  write_title(title, blobs);
  EXPECT_THAT(complaint(title, blobs), HasSubstr("track c-en-1 has 2 segments and the title 3 slots"));
}

TEST(Completeness, RefusesPlaylistAndDetailsThatDiffer) {
  FakeBlobs blobs;
  TestTitle title = make_title(blobs, "Bunny");
  auto tracks = title.details.tracks;
  tracks.erase(tracks.begin() + 1);
  title.record.playlist = blobs.put(title::write_multivariant_playlist(tracks));
  EXPECT_THAT(complaint(title, blobs), HasSubstr("different tracks"));
}

TEST(Completeness, RefusesBlobsThatAreNotWhatTheyShouldBe) {
  FakeBlobs blobs;
  const TestTitle good = make_title(blobs, "Bunny");
  const BlobId other = blobs.put("something else");
  TestTitle title = good;
  title.record.details = other;
  EXPECT_THAT(complaint(title, blobs), HasSubstr("the details"));
  title = good;
  title.record.playlist = other;
  EXPECT_THAT(complaint(title, blobs), HasSubstr("the playlist"));
  title = good;
  title.record.details = blobs.put(title::write_details({}).value());
  EXPECT_THAT(complaint(title, blobs), HasSubstr("no tracks"));
}

TEST(Completeness, PassesOnThatTheDiskFailed) {
  class BrokenDisk final : public BlobPresence {
    Result<std::optional<std::uint64_t>> has(const BlobId&) override {
      return fail(ErrorCode::Io, "io_failed", "The disk fails.");
    }
    Result<void> remove(const BlobId&) override { return {}; }
    Result<Bytes> read(const BlobId&, std::size_t) override {
      return fail(ErrorCode::Io, "io_failed", "The disk fails.");
    }
  } disk;
  FakeBlobs blobs;
  const auto done = check_complete(make_title(blobs, "Bunny").record, disk);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().reason, "io_failed");
}

}  // namespace
}  // namespace swarma::catalog::registry
