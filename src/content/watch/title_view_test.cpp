#include "content/watch/title_view.h"

#include <gtest/gtest.h>

#include <functional>

#include "content/publish/title_testing.h"
#include "content/watch/segment_reader.h"

namespace swarma::content::watch {
namespace {

using publish::testing::TemporaryFolder;
using publish::testing::TestTitle;

/// Blobs of a title, and whoever wants to can change them on the way.
class FakeSource final : public Source {
 public:
  explicit FakeSource(const TestTitle& title) : title_(title) {}
  Result<Bytes> fetch(const BlobId& id, std::string_view, unsigned attempt) override {
    ++fetches;
    const auto blob = title_.blobs.blobs.find(id);
    if (blob == title_.blobs.blobs.end()) return fail(ErrorCode::NotFound, "blob_not_found", "No.");
    Bytes bytes = blob->second;
    if (tamper) tamper(id, bytes, attempt);
    return bytes;
  }
  std::atomic<int> fetches{0};
  std::function<void(const BlobId&, Bytes&, unsigned attempt)> tamper;

 private:
  const TestTitle& title_;
};

struct Viewer {
  TestTitle title;
  TemporaryFolder home;
  FakeSource source{title};
  SeenRevisions seen{home / "seen"};
  TitleId id = title::verify_record(title.jws)->id;

  Result<TitleView> open() { return open_title(title.jws, id, source, seen); }
  std::string reason(const std::string& jws) {
    const auto view = open_title(jws, id, source, seen);
    return view ? "opened" : view.error().reason;
  }
};

std::string plain(const Result<Bytes>& bytes) {
  return bytes ? std::string(as_text(*bytes)) : "(" + bytes.error().reason + ")";
}

void hold(ViewerKeys& keys, const TestTitle& title, const std::string& group, SlotRange range) {
  for (const auto& node : title.grant(group, range)) ASSERT_TRUE(keys.add(group, node));
}

TEST(TitleView, OpensATitleAndReadsItsSegments) {
  Viewer viewer;
  const auto view = viewer.open();
  ASSERT_TRUE(view) << view.error().message;
  EXPECT_EQ(view->details.tracks.size(), 5u);
  EXPECT_EQ(view->seconds_before(6), 24.0);

  ViewerKeys keys(view->record.slots);
  hold(keys, viewer.title, "hd", {0, 6});
  hold(keys, viewer.title, "sd", {0, 6});
  SegmentReader reader(*view, viewer.source, keys);
  EXPECT_EQ(plain(reader.read_init(0)), "v720 init");
  EXPECT_EQ(plain(reader.read_segment(0, 0)), "v720:0");
  EXPECT_EQ(plain(reader.read_segment(2, 5)), "a1-en:5");
  EXPECT_EQ(plain(reader.read_segment(4, 3)), "c-de:3");
  EXPECT_EQ(plain(reader.read_init(4)), "(no_such_segment)");
  EXPECT_EQ(plain(reader.read_segment(0, 6)), "(no_such_segment)");
  EXPECT_EQ(plain(reader.read_segment(9, 0)), "(no_such_segment)");
}

TEST(TitleView, RefusesForgedAndForeignRecords) {
  Viewer viewer;
  std::string flipped = viewer.title.jws;
  flipped[flipped.size() / 2] = flipped[flipped.size() / 2] == 'A' ? 'B' : 'A';
  EXPECT_NE(viewer.reason(flipped), "opened");
  const TestTitle other;
  EXPECT_EQ(viewer.reason(other.jws), "record_forged");  // good, but of another title
  EXPECT_EQ(viewer.reason(viewer.title.jws), "opened");
}

TEST(TitleView, NeverGoesBackToAnOlderRevision) {
  Viewer viewer;
  const std::string second = viewer.title.resign([](auto& record) { record.revision = 2; });
  EXPECT_EQ(viewer.reason(viewer.title.jws), "opened");
  EXPECT_EQ(viewer.reason(second), "opened");
  EXPECT_EQ(viewer.reason(viewer.title.jws), "record_older");
  EXPECT_EQ(viewer.reason(second), "opened");
  SeenRevisions after_restart(viewer.home / "seen");
  EXPECT_EQ(open_title(viewer.title.jws, viewer.id, viewer.source, after_restart).error().code, ErrorCode::Conflict);
}

TEST(TitleView, RefusesASecondStoryOfTheSameRevision) {
  Viewer viewer;
  EXPECT_EQ(viewer.reason(viewer.title.jws), "opened");
  EXPECT_EQ(viewer.reason(viewer.title.resign([](auto& record) { record.name = "Another film"; })), "record_forked");
  EXPECT_EQ(viewer.reason(viewer.title.jws), "opened");
  EXPECT_EQ(viewer.reason(viewer.title.resign([](auto& record) { record.revision = 2; })), "opened");
}

TEST(TitleView, KnowsWhatEarlierVersionsHaveSeen) {
  Viewer viewer;
  std::filesystem::create_directory(viewer.home / "seen");
  ASSERT_TRUE(write_file_durably(viewer.home / "seen" / viewer.id.text(), view("1\n")));
  EXPECT_EQ(viewer.reason(viewer.title.jws), "opened");
  EXPECT_EQ(viewer.reason(viewer.title.resign([](auto& record) { record.name = "Another film"; })), "record_forked");
}

TEST(TitleView, SaysWhenItsMemoryIsDamaged) {
  Viewer viewer;
  ASSERT_TRUE(viewer.open());
  ASSERT_TRUE(write_file_durably(viewer.home / "seen" / viewer.id.text(), view("???")));
  EXPECT_EQ(viewer.open().error().reason, "seen_bad");
}

TEST(TitleView, RefusesATitleThatDoesNotFitTogether) {
  Viewer viewer;
  int viewers = 0;  // each of these records is the first one that somebody sees
  const auto with = [&](const std::function<void(title::TitleRecord&)>& change) {
    SeenRevisions seen(viewer.home / ("seen-" + std::to_string(++viewers)));
    const auto view = open_title(viewer.title.resign(change), viewer.id, viewer.source, seen);
    return view ? "opened" : view.error().reason;
  };
  EXPECT_EQ(with([](auto& record) { record.slots = 7; }), "title_inconsistent");
  EXPECT_EQ(with([](auto& record) { record.key_groups = {"sd"}; }), "title_inconsistent");
  EXPECT_EQ(with([](auto& record) { record.details = record.playlist; }), "details_bad");
  EXPECT_EQ(with([](auto& record) { record.playlist = record.details; }), "playlist_bad");
  EXPECT_EQ(with([](auto& record) { record.details = crypto::blob_id_of(view("nowhere")); }), "blob_not_found");

  // Signed details that leave a track out of the playlist's sight.
  auto details =
      *title::parse_details(as_text(viewer.title.blobs.blobs.at(title::verify_record(viewer.title.jws)->details)));
  details.tracks.pop_back();
  const std::string text = *title::write_details(details);
  ASSERT_TRUE(viewer.title.blobs.put(crypto::blob_id_of(view(text)), to_bytes(text)));
  EXPECT_EQ(with([&](auto& record) { record.details = crypto::blob_id_of(view(text)); }), "title_inconsistent");
}

TEST(SegmentReader, AFlippedBitIsFetchedAgainThenRefused) {
  Viewer viewer;
  const auto view = viewer.open();
  ViewerKeys keys(6);
  hold(keys, viewer.title, "sd", {0, 6});
  SegmentReader reader(*view, viewer.source, keys);
  viewer.source.tamper = [](const BlobId&, Bytes& bytes, unsigned attempt) {
    if (attempt == 0) bytes[3] ^= 1;
  };
  EXPECT_EQ(plain(reader.read_segment(1, 2)), "v360:2");  // the second place had it whole
  viewer.source.tamper = [](const BlobId&, Bytes& bytes, unsigned) { bytes.back() ^= 0x80; };
  viewer.source.fetches = 0;
  EXPECT_EQ(plain(reader.read_segment(1, 2)), "(hash_mismatch)");
  EXPECT_EQ(viewer.source.fetches, 2);
}

TEST(SegmentReader, ASwappedSegmentIsRefused) {
  Viewer viewer;
  auto view = *viewer.open();
  ViewerKeys keys(6);
  hold(keys, viewer.title, "sd", {0, 6});
  SegmentReader reader(view, viewer.source, keys);
  // By a carrier: other bytes under this name.
  const Bytes other = viewer.title.blobs.blobs.at(view.playlists[1].segments[4].blob);
  viewer.source.tamper = [&](const BlobId& id, Bytes& bytes, unsigned) {
    if (id == view.playlists[1].segments[2].blob) bytes = other;
  };
  EXPECT_EQ(plain(reader.read_segment(1, 2)), "(hash_mismatch)");
  // By a playlist that names two slots the wrong way round, or a segment of another track.
  viewer.source.tamper = nullptr;
  std::swap(view.playlists[1].segments[2], view.playlists[1].segments[4]);
  EXPECT_EQ(plain(reader.read_segment(1, 2)), "(decryption_failed)");
  view.playlists[2].segments[0] = view.playlists[3].segments[0];
  EXPECT_EQ(plain(reader.read_segment(2, 0)), "(decryption_failed)");
}

TEST(SegmentReader, AGrantOpensExactlyItsSlotsAndGroups) {
  Viewer viewer;
  const auto view = viewer.open();
  ViewerKeys keys(6);
  hold(keys, viewer.title, "sd", {2, 5});
  SegmentReader reader(*view, viewer.source, keys);
  viewer.source.fetches = 0;
  for (Slot slot = 0; slot < 6; ++slot)
    EXPECT_EQ(plain(reader.read_segment(1, slot)),
              slot >= 2 && slot < 5 ? "v360:" + std::to_string(slot) : "(slot_not_granted)");
  EXPECT_EQ(plain(reader.read_segment(0, 3)), "(slot_not_granted)");
  EXPECT_EQ(viewer.source.fetches, 3);  // nothing is fetched that cannot be opened
}

TEST(SegmentReader, KeysOfAnotherRevisionDoNotOpen) {
  Viewer viewer;
  const TestTitle other;
  const auto view = viewer.open();
  ViewerKeys keys(6);
  hold(keys, other, "sd", {0, 6});
  SegmentReader reader(*view, viewer.source, keys);
  EXPECT_EQ(plain(reader.read_segment(1, 0)), "(decryption_failed)");
}

TEST(ViewerKeys, AskForTheNextGrantWhenTheFilmGetsThere) {
  Viewer viewer;
  const auto view = viewer.open();
  std::vector<Slot> asked;
  ViewerKeys keys(6, [&](ViewerKeys& self, SlotRange wanted) -> Result<void> {
    asked.push_back(wanted.begin);
    if (wanted.begin >= 4) return fail(ErrorCode::Forbidden, "no_grants_left", "You have used all your grants.");
    hold(self, viewer.title, "sd", {wanted.begin, wanted.begin + 2});
    return {};
  });
  SegmentReader reader(*view, viewer.source, keys);
  std::string all;
  for (Slot slot = 0; slot < 6; ++slot) all += plain(reader.read_segment(1, slot)) + " ";
  EXPECT_EQ(all, "v360:0 v360:1 v360:2 v360:3 (no_grants_left) (no_grants_left) ");
  EXPECT_EQ(asked, (std::vector<Slot>{0, 2, 4, 5}));
}

TEST(ViewerKeys, WhatOnlyTakesTimeIsNoEndOfTheFilm) {
  for (const ErrorCode end : {ErrorCode::Forbidden, ErrorCode::PaymentRequired, ErrorCode::Conflict})
    EXPECT_TRUE(is_end_of_grant({end, "", ""}));
  for (const ErrorCode passing : {ErrorCode::TooMany, ErrorCode::Unavailable, ErrorCode::Io})
    EXPECT_FALSE(is_end_of_grant({passing, "", ""}));
}

TEST(ViewerKeys, DoNotSpendGrantsOnAGroupThatTheyLeaveOut) {
  Viewer viewer;
  int asked = 0;
  ViewerKeys keys(6, [&](ViewerKeys& self, SlotRange wanted) -> Result<void> {
    ++asked;
    hold(self, viewer.title, "sd", {wanted.begin, 6});
    return {};
  });
  EXPECT_EQ(keys.ensure("hd", 0).error().reason, "slot_not_granted");
  EXPECT_TRUE(keys.ensure("sd", 0));
  for (Slot slot = 0; slot < 6; ++slot) EXPECT_FALSE(keys.ensure("hd", slot));
  EXPECT_EQ(asked, 1);
  EXPECT_FALSE(keys.ensure("sd", 6));
  EXPECT_EQ(asked, 1);
}

TEST(ReadAhead, GivesSegmentsInOrderUntilTheGateCloses) {
  Viewer viewer;
  const auto view = viewer.open();
  ViewerKeys keys(6);
  hold(keys, viewer.title, "sd", {0, 6});
  SegmentReader reader(*view, viewer.source, keys);
  WorkerPool pool(3);
  ReadAhead all(reader, pool, 1, {1, 6});
  std::string text;
  for (auto segment = all.next(); segment && !segment->empty(); segment = all.next()) text += plain(segment) + " ";
  EXPECT_EQ(text, "v360:1 v360:2 v360:3 v360:4 v360:5 ");
  EXPECT_EQ(all.position(), 6u);

  ReadAhead part(reader, pool, 1, {0, 6}, [](Slot slot) -> Result<bool> { return slot < 2; });
  EXPECT_EQ(plain(part.next()), "v360:0");
  EXPECT_EQ(plain(part.next()), "v360:1");
  EXPECT_EQ(plain(part.next()), "");
  EXPECT_EQ(plain(part.next()), "");

  ReadAhead trouble(reader, pool, 1, {0, 6}, [](Slot slot) -> Result<bool> {
    if (slot == 1) return fail(ErrorCode::Unavailable, "unreachable", "The node went away.");
    return true;
  });
  EXPECT_EQ(plain(trouble.next()), "v360:0");
  EXPECT_EQ(plain(trouble.next()), "(unreachable)");
}

}  // namespace
}  // namespace swarma::content::watch
