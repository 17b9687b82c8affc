#include "content/publish/encrypting_sink.h"

#include <gtest/gtest.h>

#include "content/publish/assemble.h"
#include "content/publish/ports_testing.h"

namespace swarma::content::publish {
namespace {

using testing::MemoryBlobSink;
using testing::TemporaryFolder;

/// Two tracks of three slots: fragmented MP4 and captions.
media::PackagePlan example_plan() {
  media::PackagePlan plan;
  plan.tracks.push_back({.kind = title::TrackKind::Video,
                         .key = "v360",
                         .name = "360p",
                         .language = "und",
                         .key_group = "sd",
                         .sidecar = {},
                         .width = 640,
                         .height = 360});
  plan.tracks.push_back({.kind = title::TrackKind::Captions,
                         .key = "c-de",
                         .name = "Deutsch\x1b",
                         .language = "not a language",
                         .key_group = "sd",
                         .sidecar = {}});
  plan.cuts_us = {0, 4'000'000, 8'000'000, 9'000'000};
  return plan;
}

struct Bench {
  TemporaryFolder folder;
  crypto::SecretKey master = crypto::random_key();
  media::PackagePlan plan = example_plan();
  MemoryBlobSink blobs;

  Journal open() { return *Journal::open(folder.path(), "job", master); }
  static TitleKeys keys(const Journal& journal) {
    return {TitleId(TitleId::Raw{}), journal.secrets().salt, journal.secrets().title_secret, 3};
  }
  static Result<void> make_track(EncryptingSink& sink, std::size_t track, bool init) {
    if (init) SWARMA_RETURN_IF_ERROR(sink.on_init(track, view("init")));
    for (Slot slot = 0; slot < 3; ++slot)
      SWARMA_RETURN_IF_ERROR(sink.on_segment(track, slot, slot == 2 ? 1.0 : 4.0, to_bytes("plain segment")));
    return sink.on_track_end(track, {"avc1.64001f", 25, track == 0 ? "Some frames were missing." : ""});
  }
};

TEST(EncryptingSink, PutsCiphertextAndKeepsThePlaylists) {
  Bench bench;
  Journal journal = bench.open();
  const TitleKeys keys = Bench::keys(journal);
  EncryptingSink sink(bench.plan, keys, bench.blobs, journal);
  ASSERT_TRUE(Bench::make_track(sink, 0, true));
  ASSERT_TRUE(Bench::make_track(sink, 1, false));
  const auto tracks = sink.take_tracks();
  ASSERT_TRUE(tracks) << tracks.error().message;
  ASSERT_EQ(tracks->size(), 2u);
  EXPECT_EQ((*tracks)[0].playlist.extension, "m4s");
  EXPECT_EQ((*tracks)[1].playlist.extension, "vtt");
  EXPECT_EQ((*tracks)[0].playlist.segments.size(), 3u);
  EXPECT_EQ((*tracks)[0].playlist.segments[0].stored_bytes, 13 + 16);
  EXPECT_EQ(bench.blobs.blobs.size(), 1u + 3 + 3);  // the same plaintext six times, six ciphertexts
  for (const auto& [id, bytes] : bench.blobs.blobs) EXPECT_EQ(as_text(bytes).find("plain segment"), std::string::npos);
}

TEST(EncryptingSink, RefusesAPackagerThatBreaksItsContract) {
  Bench bench;
  Journal journal = bench.open();
  const TitleKeys keys = Bench::keys(journal);
  EncryptingSink sink(bench.plan, keys, bench.blobs, journal);
  ASSERT_TRUE(sink.on_segment(0, 0, 4, to_bytes("a")));
  EXPECT_EQ(sink.on_segment(0, 0, 4, to_bytes("b")).error().code, ErrorCode::Internal);
  EXPECT_EQ(sink.on_segment(0, 2, 4, to_bytes("c")).error().code, ErrorCode::Internal);
  EXPECT_EQ(sink.on_track_end(0, {}).error().code, ErrorCode::Internal);
  EXPECT_EQ(sink.take_tracks().error().code, ErrorCode::Internal);
}

TEST(EncryptingSink, ContinuesWithWhatAnEarlierRunFinished) {
  Bench bench;
  {
    Journal journal = bench.open();
    const TitleKeys keys = Bench::keys(journal);
    EncryptingSink sink(bench.plan, keys, bench.blobs, journal);
    ASSERT_TRUE(Bench::make_track(sink, 0, true));
    ASSERT_TRUE(sink.on_segment(1, 0, 4, to_bytes("half a track")));
  }  // a crash
  Journal journal = bench.open();
  const TitleKeys keys = Bench::keys(journal);
  EncryptingSink sink(bench.plan, keys, bench.blobs, journal);
  ASSERT_TRUE(sink.resume());
  EXPECT_EQ(sink.finished(), std::set<std::size_t>{0});
  EXPECT_EQ(sink.on_segment(0, 0, 4, to_bytes("again")).error().code, ErrorCode::Internal);
  ASSERT_TRUE(Bench::make_track(sink, 1, false));
  EXPECT_EQ((*sink.take_tracks())[0].facts.codecs, "avc1.64001f");
}

TEST(EncryptingSink, MakesATrackAgainUnderNewKeysWhenItsBlobsAreGone) {
  Bench bench;
  std::string earlier_id;
  {
    Journal journal = bench.open();
    const TitleKeys keys = Bench::keys(journal);
    EncryptingSink sink(bench.plan, keys, bench.blobs, journal);
    ASSERT_TRUE(Bench::make_track(sink, 0, true));
    earlier_id = (*journal.find_track("v360"))->track_id;
  }
  bench.blobs.blobs.erase(bench.blobs.blobs.begin());
  Journal journal = bench.open();
  const TitleKeys keys = Bench::keys(journal);
  EncryptingSink sink(bench.plan, keys, bench.blobs, journal);
  ASSERT_TRUE(sink.resume());
  EXPECT_TRUE(sink.finished().empty());
  ASSERT_TRUE(Bench::make_track(sink, 0, true));
  EXPECT_NE((*journal.find_track("v360"))->track_id, earlier_id);
}

TEST(EncryptingSink, StopsWhenBlobsCannotBeDelivered) {
  Bench bench;
  bench.blobs.fail_after = 2;
  Journal journal = bench.open();
  const TitleKeys keys = Bench::keys(journal);
  EncryptingSink sink(bench.plan, keys, bench.blobs, journal);
  EXPECT_EQ(Bench::make_track(sink, 0, true).error().reason, "unreachable");
  EXPECT_FALSE(journal.holds_work());
}

TEST(Assemble, LeadsFromThePlaylistToEveryBlob) {
  Bench bench;
  Journal journal = bench.open();
  const TitleKeys keys = Bench::keys(journal);
  EncryptingSink sink(bench.plan, keys, bench.blobs, journal);
  ASSERT_TRUE(Bench::make_track(sink, 0, true));
  ASSERT_TRUE(Bench::make_track(sink, 1, false));
  const auto assembled = assemble(bench.plan, *sink.take_tracks(), {"a note\x07"}, to_bytes("jpeg"), bench.blobs);
  ASSERT_TRUE(assembled) << assembled.error().message;

  const auto details = title::parse_details(as_text(bench.blobs.blobs.at(assembled->details)));
  ASSERT_TRUE(details) << details.error().message;
  EXPECT_EQ(details->notes, (std::vector<std::string>{"a note", "Some frames were missing."}));
  EXPECT_EQ(details->tracks[1].name, "Deutsch");
  EXPECT_EQ(details->tracks[1].language, "und");
  std::int64_t bytes = 0;
  for (const auto& [id, blob] : bench.blobs.blobs) bytes += static_cast<std::int64_t>(blob.size());
  EXPECT_EQ(assembled->bytes, bytes);
  const auto named = title::parse_multivariant_playlist(as_text(bench.blobs.blobs.at(assembled->playlist)));
  for (const BlobId& id : *named)
    for (const auto& segment : title::parse_media_playlist(as_text(bench.blobs.blobs.at(id)))->segments)
      EXPECT_TRUE(bench.blobs.blobs.contains(segment.blob));
  EXPECT_TRUE(bench.blobs.blobs.contains(*assembled->poster));
}

TEST(Assemble, SaysSoWhenThereIsNoPoster) {
  Bench bench;
  const auto assembled =
      assemble(bench.plan, {}, {}, fail(ErrorCode::Unsupported, "x", "No frame could be read."), bench.blobs);
  ASSERT_TRUE(assembled);
  EXPECT_FALSE(assembled->poster);
  EXPECT_EQ(assembled->notes, std::vector<std::string>{"There is no poster: No frame could be read."});
}

TEST(BitRates, CountTheWorstWholeSegmentAndTheMean) {
  const BlobId some = crypto::blob_id_of({});
  const BitRates rates = bit_rates_of({{some, 4, 4'000}, {some, 4, 8'000}, {some, 0.04, 1'000}});
  EXPECT_EQ(rates.peak, 16'000);  // the last fragment of a second says nothing about a connection
  EXPECT_EQ(rates.average, 12'935);
  EXPECT_EQ(bit_rates_of({}).peak, 0);
}

}  // namespace
}  // namespace swarma::content::publish
