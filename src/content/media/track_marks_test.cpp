// Several tracks of one language: what they are for is kept and tells them apart.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/file.h"
#include "content/media/package_testing.h"

namespace swarma::content::media {
namespace {

namespace fs = std::filesystem;
using namespace testing;  // NOLINT: test vocabulary
using ::testing::ElementsAre;

std::vector<std::string> names(const PackagePlan& plan, title::TrackKind kind) {
  std::vector<std::string> out;
  for (const TrackPlan& t : plan.tracks)
    if (t.kind == kind)
      out.push_back(t.name + (t.marks.is_default ? " [default]" : "") + (t.marks.forced ? " [forced]" : "") +
                    (t.marks.hearing_impaired ? " [sdh]" : "") + (t.marks.commentary ? " [commentary]" : "") +
                    (t.marks.described ? " [described]" : ""));
  return out;
}

PackagePlan planned(const fs::path& film, const std::vector<SidecarCaptions>& sidecars = {}) {
  const auto info = probe(film);
  EXPECT_TRUE(info) << (info ? "" : info.error().message);
  return *make_plan(*info, {}, sidecars);
}

fs::path five_tracks() {
  return fs::path(SWARMA_SOURCE_DIR) / "tests/cases/media/one-language-five-tracks.mkv";
}

TEST(TrackMarks, FiveTracksOfOneLanguageAreToldApart) {
  const PackagePlan plan = planned(five_tracks());
  EXPECT_THAT(names(plan, title::TrackKind::Audio),
              ElementsAre("English (Director commentary) [commentary]", "English (Main) [default]"));
  EXPECT_THAT(names(plan, title::TrackKind::Captions),
              ElementsAre("English (Forced) [forced]", "English (Full) [default]", "English (SDH) [sdh]"));
}

TEST(TrackMarks, TravelIntoAFileOfTheViewer) {
  const TemporaryFolder folder;
  const auto made = package_film(five_tracks(), "copy");
  ASSERT_TRUE(made);
  ASSERT_TRUE(remux(*made, folder / "out.mp4"));
  const std::string streams =
      run("ffprobe -v error -show_entries stream_disposition=default,comment,forced,"
          "hearing_impaired -of csv=p=0 " +
          quoted(folder / "out.mp4"));
  // default, comment, forced, hearing impaired, as ffprobe orders them: picture, two sounds, three captions
  EXPECT_THAT(streams, ::testing::HasSubstr("0,1,0,0\n1,0,0,0\n0,0,1,0\n1,0,0,0\n0,0,0,1")) << streams;
}

TEST(TrackMarks, WithoutTitlesTheMarksName) {
  const TemporaryFolder folder;
  const fs::path film = generate(
      folder, "film.mkv",
      "-f lavfi -i testsrc2=s=64x36:d=2 -f lavfi -i sine=d=2 -map 0 -map 1 -map 1 -map 1 -map 1 -c:v mpeg4 -c:a aac "
      "-metadata:s:a:0 language=fre -metadata:s:a:1 language=fre -metadata:s:a:2 language=ger -metadata:s:a:3 "
      "language=ger -disposition:a:0 visual_impaired -disposition:a:1 0 -disposition:a:2 comment -disposition:a:3 0");
  EXPECT_THAT(names(planned(film), title::TrackKind::Audio),
              ElementsAre("French (audio description) [described]", "French [default]",
                          "German (commentary) [commentary]", "German"));
}

TEST(TrackMarks, OneTrackOfALanguageNeedsNoTitle) {
  const TemporaryFolder folder;
  const fs::path film = generate(folder, "film.mkv",
                                 "-f lavfi -i testsrc2=s=64x36:d=2 -f lavfi -i anullsrc=cl=5.1:d=2 -map 0 -map 1 "
                                 "-c:v mpeg4 -c:a ac3 -metadata:s:a:0 language=eng -metadata:s:a:0 title=Surround");
  EXPECT_THAT(names(planned(film), title::TrackKind::Audio), ElementsAre("English [default]", "English (5.1)"));
}

TEST(TrackMarks, AFileBesideTheFilmCanBeMarked) {
  const TemporaryFolder folder;
  const PackagePlan plan =
      planned(generate_plain(folder), {*SidecarCaptions::parse("en=a.srt"), *SidecarCaptions::parse("en:forced=b.srt"),
                                       *SidecarCaptions::parse("en:sdh:default=c.srt")});
  EXPECT_THAT(names(plan, title::TrackKind::Captions),
              ElementsAre("English", "English (forced) [forced]", "English (hearing impaired) [default] [sdh]"));
}

// ---- channels

class ChannelCounts : public ::testing::TestWithParam<int> {};

TEST_P(ChannelCounts, ArePublishedWhateverTheirPlaces) {
  const int channels = GetParam();
  const TemporaryFolder folder;
  std::string tone;
  for (int i = 0; i < 48'000; ++i) {
    const auto sample = static_cast<std::int16_t>(9'000 * std::sin(i * 0.0576));
    for (int c = 0; c < channels; ++c)
      tone += {static_cast<char>(sample & 0xFF), static_cast<char>(static_cast<std::uint16_t>(sample) >> 8)};
  }
  ASSERT_TRUE(write_file_durably(folder / "tone", view(tone)));
  const fs::path film = generate(folder, "film.mkv",
                                 "-f lavfi -i testsrc2=s=64x36:d=1 -f s16le -ar 48000 -ac " + std::to_string(channels) +
                                     " -i " + quoted(folder / "tone") + " -c:v mpeg4 -c:a pcm_s16le");
  const auto made = package_film(film, "auto");
  ASSERT_TRUE(made);
  ASSERT_EQ(made->info.audio.size(), 1U);
  EXPECT_EQ(made->info.audio[0].channels, channels);
  ASSERT_TRUE(remux(*made, folder / "out.mp4"));
  const double peak = number_from("ffmpeg -v info -i " + quoted(folder / "out.mp4") +
                                  " -map 0:a:0 -af volumedetect -f null - 2>&1 | sed -n 's/.*max_volume: //p'");
  EXPECT_GT(peak, -30) << "silent";
  const bool noted = !made->info.notes.empty();
  EXPECT_EQ(noted, channels > 8) << channels;
}
INSTANTIATE_TEST_SUITE_P(OneToTwentyFour, ChannelCounts, ::testing::Values(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16, 24));

}  // namespace
}  // namespace swarma::content::media
