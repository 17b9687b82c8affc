#include "content/publish/publisher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/random.h"
#include "content/media/films_testing.h"
#include "content/publish/ports_testing.h"
#include "crypto/jws.h"
#include "crypto/key_tree.h"
#include "title/hls_playlist.h"

namespace swarma::content::publish {
namespace {

using testing::FakePublishPort;
using ::testing::HasSubstr;
using testing::MemoryBlobSink;
using testing::TemporaryFolder;

const std::filesystem::path& media_folder() {
  static const std::filesystem::path folder = media::testing::films();
  return folder;
}

/// A creator, and a destination in memory.
class Publishing : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(std::filesystem::exists(media_folder())) << "no films: run tests/make_films.py"; }

  PublishRequest request_for(const std::string& film) {
    return {.file = media_folder() / film,
            .name = "Flower",
            .summary = {},
            .language = "en",
            .tags = {"nature"},
            .policy = R"({"paths":[{"id":"open"}],"version":1})",
            .codes = {{"friends", {{.code = "XYZZY", .max_uses = 1}}}},
            .ladder = {.mode = media::LadderMode::Copy, .heights = {}},
            .captions = {},
            .existing = {},
            .agent = {identity.signing.did(), agent.encryption_key()},
            .destination = "test",
            .data_folder = home.path()};
  }
  Result<PublishResult> run(const PublishRequest& request) {
    return publish(
        request, identity, clock, blobs, titles,
        [this](const PublishProgress& p) { stages.push_back(std::string(p.stage)); }, cancel);
  }
  bool has_journal() const { return std::filesystem::exists(home / "publish"); }
  std::set<BlobId> reachable(const std::string& jws) const {
    const auto record = *title::verify_record(jws);
    std::set<BlobId> out{record.playlist, record.details, *record.poster};
    for (const auto& track : title::parse_details(as_text(blobs.blobs.at(record.details)))->tracks) {
      const auto playlist = *title::parse_media_playlist(as_text(blobs.blobs.at(track.playlist)));
      out.insert(track.playlist);
      if (playlist.init) out.insert(*playlist.init);
      for (const auto& segment : playlist.segments) out.insert(segment.blob);
    }
    return out;
  }

  TemporaryFolder home;
  crypto::Identity identity = *crypto::open_identity(home / "identity");
  crypto::DecryptionKey agent = crypto::DecryptionKey::generate();
  FakeClock clock;
  MemoryBlobSink blobs;
  FakePublishPort titles;
  std::atomic<bool> cancel{false};
  std::vector<std::string> stages;
};

TEST_F(Publishing, MakesARealFilmVisibleAsTheLastStep) {
  const auto result = run(request_for("flower_540p_h264_aac.mp4"));
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(titles.calls, 1);
  EXPECT_EQ(titles.record, result->record);
  EXPECT_NEAR(static_cast<double>(result->duration_ms), 5'055, 34);
  ASSERT_EQ(result->renditions.size(), 1u);
  EXPECT_TRUE(result->renditions[0].copied);
  EXPECT_EQ(result->renditions[0].height, 540);
  EXPECT_EQ(stages.front(), "probe");
  EXPECT_EQ(stages.back(), "sign");
  EXPECT_FALSE(has_journal());

  const auto record = title::verify_record(result->record);
  ASSERT_TRUE(record) << record.error().message;
  EXPECT_EQ(record->id, result->id);
  EXPECT_EQ(record->name, "Flower");
  const std::set<BlobId> named = reachable(result->record);
  std::int64_t bytes = 0;
  for (const BlobId& id : named) bytes += static_cast<std::int64_t>(blobs.blobs.at(id).size());
  EXPECT_EQ(named.size(), blobs.blobs.size());  // nothing else was uploaded
  EXPECT_EQ(result->bytes, bytes);
}

TEST_F(Publishing, SealsTheSecretToTheAgentOnly) {
  ASSERT_TRUE(run(request_for("flower_540p_h264_aac.mp4")));
  const auto record = *title::verify_record(titles.record);
  const auto opened = crypto::decrypt_jwe(agent, titles.sealed);
  ASSERT_TRUE(opened) << opened.error().message;
  const Json sealed = *parse_json(as_text(*opened));
  EXPECT_EQ(sealed["title_id"], record.id.text());
  EXPECT_EQ(sealed["revision"], 1);
  EXPECT_EQ(sealed["codes"]["friends"][0]["code"], "XYZZY");
  EXPECT_EQ(parse_base64url(sealed["title_secret"].get<std::string>())->size(), 32u);
  EXPECT_FALSE(crypto::decrypt_jwe(crypto::DecryptionKey::generate(), titles.sealed));
  EXPECT_EQ(titles.record.find("XYZZY"), std::string::npos);
  for (const auto& [id, bytes] : blobs.blobs) EXPECT_EQ(as_text(bytes).find("XYZZY"), std::string::npos);
}

TEST_F(Publishing, EveryPublishHasKeysOfItsOwn) {
  const auto first = run(request_for("flower_540p_h264_aac.mp4"));
  const std::string first_sealed = titles.sealed;
  const auto second = run(request_for("flower_540p_h264_aac.mp4"));
  EXPECT_NE(first->id, second->id);
  const auto secret = [&](const std::string& jwe) {
    return (*parse_json(as_text(*crypto::decrypt_jwe(agent, jwe))))["title_secret"];
  };
  EXPECT_NE(secret(first_sealed), secret(titles.sealed));
}

TEST_F(Publishing, RefusesWhatIsNoFilmWithoutATrace) {
  for (const char* film : {"extras/broken_no_moov.mp4", "extras/still_grapefruit.jpg", "extras/nasa_audio_only.mp3",
                           "extras/bbb_truncated_moov_first.mp4", "README.md", "no such file"}) {
    const auto result = run(request_for(film));
    ASSERT_FALSE(result) << film;
    EXPECT_GT(result.error().message.size(), 20u) << film;
    EXPECT_FALSE(has_journal()) << film;
    EXPECT_EQ(blobs.puts, 0) << film;
    EXPECT_EQ(titles.calls, 0) << film;
  }
}

TEST_F(Publishing, RefusesABadRequestBeforeTheWork) {
  PublishRequest request = request_for("flower_540p_h264_aac.mp4");
  request.summary = std::string(2'000, 'x');
  EXPECT_EQ(run(request).error().reason, "record_invalid");
  request = request_for("flower_540p_h264_aac.mp4");
  request.policy = *canonical_json(Json{{"text", std::string(7'000, 'x')}});
  EXPECT_EQ(run(request).error().reason, "record_too_large");
  request = request_for("flower_540p_h264_aac.mp4");
  request.existing = ExistingTitle{TitleId(TitleId::Raw{}), to_base64url(random_array<16>()), 2};
  EXPECT_EQ(run(request).error().reason, "not_your_title");
  EXPECT_EQ(blobs.puts, 0);
  EXPECT_FALSE(has_journal());
}

TEST_F(Publishing, SendsTheVerySameRecordAgainWhenItsArrivalIsNotKnown) {
  titles.fail_first = 1;
  const PublishRequest request = request_for("flower_540p_h264_aac.mp4");
  EXPECT_EQ(run(request).error().reason, "timed_out");
  EXPECT_TRUE(has_journal());
  const int puts = blobs.puts;
  clock.advance(std::chrono::hours(1));
  const auto result = run(request);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(title::verify_record(result->record)->created_at, Instant(1'800'000'000));
  EXPECT_LE(blobs.puts - puts, 6);  // playlists, details and poster, but no segment
  EXPECT_EQ(reachable(result->record).size(), blobs.blobs.size());
  EXPECT_FALSE(has_journal());
}

TEST_F(Publishing, AChangedRequestAfterThatBecomesTheNextRevision) {
  titles.fail_first = 1;
  PublishRequest request = request_for("flower_540p_h264_aac.mp4");
  EXPECT_FALSE(run(request));
  request.name = "Another name";
  const auto result = run(request);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->revision, 2);
  EXPECT_EQ(title::verify_record(titles.record)->name, "Another name");
}

TEST_F(Publishing, ContinuesAfterItsBlobsWereLost) {
  titles.fail_first = 1;
  const PublishRequest request = request_for("flower_540p_h264_aac.mp4");
  EXPECT_FALSE(run(request));
  blobs.blobs.clear();
  const auto result = run(request);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->revision, 2);  // other tracks, so another record than the one that may have arrived
  EXPECT_EQ(reachable(result->record).size(), blobs.blobs.size());
}

TEST_F(Publishing, LeavesNothingWhenTheNodeGoesAwayEarly) {
  blobs.fail_after = 1;
  EXPECT_EQ(run(request_for("flower_540p_h264_aac.mp4")).error().reason, "unreachable");
  EXPECT_FALSE(has_journal());
  EXPECT_EQ(titles.calls, 0);
}

TEST_F(Publishing, StopsWhenAsked) {
  cancel = true;
  EXPECT_EQ(run(request_for("flower_540p_h264_aac.mp4")).error().reason, "cancelled");
  EXPECT_EQ(titles.calls, 0);
}

TEST_F(Publishing, ANewRevisionKeepsTheIdAndChangesTheKeys) {
  const auto first = run(request_for("flower_540p_h264_aac.mp4"));
  ASSERT_TRUE(first);
  const auto old_record = *title::verify_record(titles.record);
  PublishRequest request = request_for("flower_540p_h264_aac.mp4");
  request.existing = ExistingTitle{first->id, old_record.nonce, 2};
  const auto second = run(request);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->id, first->id);
  EXPECT_EQ(second->revision, 2);
  EXPECT_NE(title::verify_record(titles.record)->salt, old_record.salt);
  EXPECT_NE(second->tracks[0].id, first->tracks[0].id);
}

TEST_F(Publishing, NamesAFilmAfterItsFile) {
  PublishRequest request = request_for("flower_540p_h264_aac.mp4");
  request.name.clear();
  ASSERT_TRUE(run(request));
  EXPECT_EQ(title::verify_record(titles.record)->name, "flower_540p_h264_aac");
}

}  // namespace
}  // namespace swarma::content::publish
