// Real films, published into a blob store and watched from it: what comes out is what went in, or a reason.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "content/blob/blob_store.h"
#include "content/media/films_testing.h"
#include "content/media/probe.h"
#include "content/publish/ports_testing.h"
#include "content/publish/publisher.h"
#include "content/publish/store_blob_sink.h"
#include "content/watch/export_mp4.h"
#include "crypto/jws.h"

namespace swarma::content::watch {
namespace {

using ::testing::HasSubstr;

const std::filesystem::path& media_folder() {
  static const std::filesystem::path folder = media::testing::films();
  return folder;
}

class StoreSource final : public Source {
 public:
  explicit StoreSource(blob::BlobStore& store) : store_(store) {}
  Result<Bytes> fetch(const BlobId& id, std::string_view, unsigned) override {
    auto bytes = store_.read(id, blob::kMaxBlobBytes);
    if (bytes && tamper) tamper(id, *bytes);
    return bytes;
  }
  std::function<void(const BlobId&, Bytes&)> tamper;

 private:
  blob::BlobStore& store_;
};

/// A published film and a viewer without keys.
class Film : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(std::filesystem::exists(media_folder())) << "no films: run tests/make_films.py"; }

  void publish(const std::string& film, const std::string& ladder, std::vector<media::SidecarCaptions> captions = {}) {
    const auto sink = publish::make_store_blob_sink(store, {});
    const publish::PublishRequest request{.file = media_folder() / film,
                                          .name = "Film",
                                          .summary = {},
                                          .language = {},
                                          .tags = {},
                                          .policy = "{}",
                                          .ladder = *media::LadderChoice::parse(ladder),
                                          .captions = std::move(captions),
                                          .existing = {},
                                          .agent = {identity.signing.did(), agent.encryption_key()},
                                          .destination = "store",
                                          .data_folder = home.path()};
    const std::atomic<bool> cancel{false};
    const auto result = publish::publish(request, identity, clock, *sink, titles, {}, cancel);
    ASSERT_TRUE(result) << result.error().message;
    const auto opened = open_title(result->record, result->id, source, seen);
    ASSERT_TRUE(opened) << opened.error().message;
    view.emplace(*opened);
    const Json sealed = *parse_json(as_text(*crypto::decrypt_jwe(agent, titles.sealed)));
    secret = crypto::SecretKey(*take_exactly<32>(*parse_base64url(sealed["title_secret"].get<std::string>())));
  }
  void grant(ViewerKeys& keys, SlotRange range) const {
    for (const std::string& group : view->record.key_groups)
      for (const auto& node : crypto::cover(crypto::group_root(secret, group), view->record.slots, range))
        ASSERT_TRUE(keys.add(group, node));
  }
  Result<ExportResult> export_with(ViewerKeys& keys, const std::string& quality = "best") {
    SegmentReader reader(*view, source, keys);
    return export_mp4(reader, {.output = output(), .quality = {quality}}, {});
  }
  std::filesystem::path output() const { return home / "out.mp4"; }

  publish::testing::TemporaryFolder home;
  crypto::Identity identity = *crypto::open_identity(home / "identity");
  crypto::DecryptionKey agent = crypto::DecryptionKey::generate();
  FakeClock clock;
  publish::testing::FakePublishPort titles;
  std::shared_ptr<blob::BlobStore> store = std::move(*blob::open_directory_blob_store(home / "blobs"));
  StoreSource source{*store};
  SeenRevisions seen{home / "seen"};
  std::optional<TitleView> view;
  crypto::SecretKey secret;
};

TEST_F(Film, ComesBackWhole) {
  publish("bbb_720p_h264_aac_120s.mp4", "copy");
  ViewerKeys keys(view->record.slots);
  grant(keys, {0, view->record.slots});
  const auto result = export_with(keys);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_TRUE(result->complete) << result->note;
  EXPECT_EQ(result->note, "");
  const auto before = *media::probe(media_folder() / "bbb_720p_h264_aac_120s.mp4");
  const auto after = media::probe(output());
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_NEAR(static_cast<double>(after->duration_ms), static_cast<double>(before.duration_ms), 42);
  EXPECT_EQ(after->keyframes_us.size(), before.keyframes_us.size());
  EXPECT_EQ(after->audio.size(), 1u);
  EXPECT_NEAR(static_cast<double>(result->duration_ms), static_cast<double>(before.duration_ms), 42);
}

TEST_F(Film, KeepsEveryTrackAndLanguage) {
  publish("sintel_trailer_720p_multitrack.mkv", "copy", {{"fr", media_folder() / "subtitles/TOS-fr-Goofy.srt"}});
  ViewerKeys keys(view->record.slots);
  grant(keys, {0, view->record.slots});
  const auto result = export_with(keys);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_TRUE(result->complete) << result->note;
  const auto after = *media::probe(output());
  std::multiset<std::string> sound, captions;
  for (const auto& track : after.audio) sound.insert(track.language + std::to_string(track.channels));
  for (const auto& track : after.captions) captions.insert(track.language);
  EXPECT_TRUE(sound.contains("en2"));
  EXPECT_TRUE(sound.contains("de2"));
  EXPECT_TRUE(sound.contains("de6"));
  EXPECT_EQ(captions, (std::multiset<std::string>{"de", "en", "es", "fr"}));
  EXPECT_NEAR(static_cast<double>(after.duration_ms), static_cast<double>(view->record.duration_ms), 42);
}

TEST_F(Film, APartialGrantGivesExactlyItsPart) {
  publish("bbb_720p_h264_aac_120s.mp4", "copy");
  ViewerKeys keys(view->record.slots);
  grant(keys, {0, 5});
  const auto result = export_with(keys);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->slots, (SlotRange{0, 5}));
  EXPECT_FALSE(result->complete);
  EXPECT_THAT(result->note, HasSubstr("there your unlock ends"));
  const auto after = *media::probe(output());
  EXPECT_NEAR(static_cast<double>(after.duration_ms), view->seconds_before(5) * 1000, 100);
}

TEST_F(Film, AGrantOfTheMiddleGivesTheMiddle) {
  publish("bbb_720p_h264_aac_120s.mp4", "copy");
  ViewerKeys keys(view->record.slots);
  grant(keys, {5, 9});
  const auto result = export_with(keys);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->slots, (SlotRange{5, 9}));
  const auto after = *media::probe(output());
  EXPECT_NEAR(static_cast<double>(after.duration_ms), (view->seconds_before(9) - view->seconds_before(5)) * 1000, 100);
}

TEST_F(Film, RollingGrantsGiveTheWholeFilm) {
  publish("bbb_720p_h264_aac_120s.mp4", "copy");
  int grants = 0;
  ViewerKeys keys(view->record.slots, [&](ViewerKeys& self, SlotRange wanted) -> Result<void> {
    ++grants;
    grant(self, {wanted.begin, std::min(wanted.begin + 7, wanted.end)});
    return {};
  });
  const auto result = export_with(keys);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_TRUE(result->complete);
  EXPECT_EQ(grants, static_cast<int>((view->record.slots + 6) / 7));
}

TEST_F(Film, WithoutAGrantThereIsNoFile) {
  publish("flower_540p_h264_aac.mp4", "copy");
  ViewerKeys none(view->record.slots);
  EXPECT_EQ(export_with(none).error().reason, "slot_not_granted");
  EXPECT_FALSE(std::filesystem::exists(output()));
}

TEST_F(Film, ATamperedSegmentLeavesNoFile) {
  publish("flower_540p_h264_aac.mp4", "copy");
  ViewerKeys keys(view->record.slots);
  grant(keys, {0, view->record.slots});
  const BlobId target = view->playlists[0].segments.back().blob;
  source.tamper = [&](const BlobId& id, Bytes& bytes) {
    if (id == target) bytes[bytes.size() / 2] ^= 4;
  };
  EXPECT_EQ(export_with(keys).error().reason, "hash_mismatch");
  EXPECT_FALSE(std::filesystem::exists(output()));
}

TEST_F(Film, EncodedRenditionsCanBeChosen) {
  publish("flower_540p_h264_aac.mp4", "360,180");
  ViewerKeys keys(view->record.slots);
  grant(keys, {0, view->record.slots});
  for (const auto& [quality, height] :
       {std::pair("best", 360), std::pair("least", 180), std::pair("180p", 180), std::pair("200", 180)}) {
    const auto result = export_with(keys, quality);
    ASSERT_TRUE(result) << quality << ": " << result.error().message;
    EXPECT_EQ(media::probe(output())->video.height, height) << quality;
  }
  const auto unknown = export_with(keys, "imax");
  EXPECT_EQ(unknown.error().reason, "no_such_quality");
  EXPECT_THAT(unknown.error().message, HasSubstr("360p, 180p"));
}

}  // namespace
}  // namespace swarma::content::watch
