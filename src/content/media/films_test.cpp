// Every film of the films' folder, through package() and back: the same length, all tracks, the same packets or a
// picture that looks the same.
#include <gtest/gtest.h>

#include <cmath>

#include "content/media/package_testing.h"

namespace swarma::content::media {
namespace {

namespace fs = std::filesystem;
using namespace testing;  // NOLINT: test vocabulary

constexpr const char* kFilms[] = {"bbb_720p_h264_aac_120s.mp4",
                                  "bbb_720p_vp8_vorbis_30s.webm",
                                  "flower_540p_h264_aac.mp4",
                                  "nasa_13013_two_video_two_audio_two_sub.mp4",
                                  "pattern-hd-no-bar.mp4",
                                  "pattern-sd-with-large-logo-bar.mp4",
                                  "phone_720p_rot180_vfr.mp4",
                                  "popeye_p1_hevc_pgs.mkv",
                                  "sintel_trailer_720p_multitrack.mkv",
                                  "vp9cake_vertical_vp9_opus.webm",
                                  "extras/av1_1s.mp4",
                                  "extras/bbb_576i_mpeg2_ac3_interlaced.ts"};

class Films : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    film_ = films() / GetParam();
    ASSERT_TRUE(fs::exists(film_)) << "no film at " << film_ << ": run tests/make_films.py";
    auto info = probe(film_);
    ASSERT_TRUE(info) << info.error().message;
    info_ = *info;
  }

  void expect_all_there(Packaged& made, const fs::path& out) {
    double frame = 1 / info_.video.frame_rate;
    EXPECT_NEAR(duration_of(out), static_cast<double>(info_.duration_ms) / 1000, frame);
    int sounds = 0, captions = 0;
    for (const TrackPlan& t : made.plan.tracks) {
      sounds += t.kind == title::TrackKind::Audio;
      captions += t.kind == title::TrackKind::Captions;
    }
    EXPECT_EQ(count_streams(out, "v"), 1);
    EXPECT_EQ(count_streams(out, "a"), sounds);
    EXPECT_EQ(count_streams(out, "s"), captions);
    EXPECT_GE(sounds, static_cast<int>(info_.audio.size()));
    EXPECT_EQ(captions, static_cast<int>(info_.captions.size()));
    // Picture and sound of every part end together in every track.
    for (std::size_t i = 0; i < made.plan.tracks.size(); ++i)
      EXPECT_EQ(made.sink.tracks[i].segments.size(), made.plan.slots()) << made.plan.tracks[i].key;
  }

  void expect_same_packets(Packaged& made, const fs::path& out, int source_stream, const std::string& out_stream) {
    std::vector<std::string> source = packet_hashes(film_, std::to_string(source_stream)),
                             result = packet_hashes(out, out_stream);
    // Silence may have been put in front of or behind what the source has.
    auto at = std::search(result.begin(), result.end(), source.begin(), source.end());
    EXPECT_NE(at, result.end()) << out_stream << ": " << source.size() << " packets, " << result.size();
    if (out_stream == "v") EXPECT_EQ(source.size(), result.size());
    (void)made;
  }

  fs::path film_;
  MediaInfo info_;
  TemporaryFolder folder_;
};

TEST_P(Films, CopiesAreBitIdentical) {
  if (!info_.video.can_copy) {
    EXPECT_FALSE(make_plan(info_, *LadderChoice::parse("copy"), {}));
    return;
  }
  auto made = package_film(film_, "copy");
  ASSERT_TRUE(made);
  fs::path out = folder_ / "out.mp4";
  auto done = remux(*made, out);
  ASSERT_TRUE(done) << done.error().message;
  expect_all_there(*made, out);
  expect_same_packets(*made, out, info_.video.stream_index, "v");
  int n = 0;
  for (const TrackPlan& t : made->plan.tracks)
    if (t.kind == title::TrackKind::Audio) {
      std::string stream = "a:" + std::to_string(n++);
      if (t.copy) expect_same_packets(*made, out, t.source_stream, stream);
    }
}

TEST_P(Films, EncodesLookLikeTheirSource) {
  // Two minutes that publishing copies anyway would add more waiting than certainty.
  if (info_.video.can_copy && info_.duration_ms > 60'000) return;
  info_.video.can_copy = false;  // encode the top rendition, whatever the film is
  int side = std::min(info_.video.width, info_.video.height) & ~1;
  Packaged made;
  made.info = info_;
  LadderChoice top;
  top.mode = LadderMode::List, top.heights = {side};
  auto plan = make_plan(made.info, top, {});
  ASSERT_TRUE(plan);
  made.plan = *plan;
  std::atomic<bool> cancel = false;
  auto done = package(film_, made.info, made.plan, {}, made.sink, nullptr, cancel);
  ASSERT_TRUE(done) << done.error().message;
  fs::path out = folder_ / "out.mp4";
  done = remux(made, out);
  ASSERT_TRUE(done) << done.error().message;
  expect_all_there(made, out);
  EXPECT_GE(ssim(out, film_, info_.video.stream_index, info_.video.interlaced ? "bwdif=0," : ""), 0.95);
}

INSTANTIATE_TEST_SUITE_P(Shared, Films, ::testing::ValuesIn(kFilms), [](const auto& info) {
  std::string name = fs::path(info.param).stem().string();
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
});

}  // namespace
}  // namespace swarma::content::media
