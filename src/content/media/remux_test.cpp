#include "content/media/remux.h"

#include <gtest/gtest.h>

#include "content/media/package_testing.h"

namespace swarma::content::media {
namespace {

namespace fs = std::filesystem;
using namespace testing;  // NOLINT: test vocabulary

std::function<Result<Bytes>()> pull(const TrackBytes& bytes, Result<Bytes> last = Bytes()) {
  auto at = std::make_shared<std::size_t>(0);
  return [&bytes, at, last]() -> Result<Bytes> {
    std::size_t n = (*at)++;
    if (n == 0) return bytes.init;
    return n <= bytes.segments.size() ? Result<Bytes>(bytes.segments[n - 1]) : last;
  };
}

TEST(Remux, WritesPictureSoundAndCaptions) {
  TemporaryFolder folder;
  auto made = package_film(generate_plain(folder), "copy");
  ASSERT_TRUE(made);
  std::vector<RemuxTrack> tracks(3);
  tracks[0].next = pull(made->track("v360"));
  tracks[1].kind = title::TrackKind::Audio, tracks[1].language = "de", tracks[1].next = pull(made->track("a1-und"));
  tracks[2].kind = title::TrackKind::Captions, tracks[2].language = "en";
  tracks[2].cues = {{1000, 3000, "", "<i>One</i> &amp; only"}, {2000, 4000, "", "Two"}};
  double seen = 0;
  ASSERT_TRUE(remux_to_mp4(std::move(tracks), folder / "out.mp4", [&](double s) { seen = s; }));
  EXPECT_NEAR(seen, 10, 0.2);
  EXPECT_EQ(run("ffprobe -v error -show_entries stream=codec_name:stream_tags=language -of csv=p=0 " +
                quoted(folder / "out.mp4")),
            "h264,und\naac,deu\nmov_text,eng\n");
  std::string srt = run("ffmpeg -v error -i " + quoted(folder / "out.mp4") + " -map 0:s -f srt -");
  std::erase(srt, '\r');
  EXPECT_NE(srt.find("00:00:01,000 --> 00:00:02,000\nOne & only\n"), std::string::npos) << srt;
  EXPECT_NE(srt.find("00:00:02,000 --> 00:00:03,000\nOne & only\nTwo\n"), std::string::npos) << srt;
}

TEST(Remux, EndsWhereTheSoundEnds) {
  TemporaryFolder folder;
  // Encoded sound does not fill its last frame; at 60 pictures a second the rest would be more than one of them.
  fs::path film =
      generate(folder, "fast.mkv",
               "-f lavfi -i testsrc2=size=320x180:rate=60:duration=5.05 -f lavfi -i sine=duration=5.05 -c:v libvpx "
               "-deadline realtime -c:a flac");
  auto made = package_film(film);
  ASSERT_TRUE(made);
  ASSERT_TRUE(remux(*made, folder / "out.mp4"));
  EXPECT_NEAR(duration_of(folder / "out.mp4"), 5.05, 1.0 / 60);
}

TEST(Remux, GivesATracksErrorBackAndLeavesNothing) {
  TemporaryFolder folder;
  auto made = package_film(generate_plain(folder), "copy");
  ASSERT_TRUE(made);
  for (const char* key : {"v360", "a1-und"}) {
    std::vector<RemuxTrack> tracks(1);
    tracks[0].next = pull(made->track(key), fail(ErrorCode::Corrupt, "wrong_hash", "A blob does not match its name."));
    auto done = remux_to_mp4(std::move(tracks), folder / "out.mp4", nullptr);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().reason, "wrong_hash");
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);  // the film only
}

TEST(Remux, RefusesBrokenSegments) {
  TemporaryFolder folder;
  auto made = package_film(generate_plain(folder), "copy");
  ASSERT_TRUE(made);
  TrackBytes cut = made->track("v360");
  cut.segments.back().resize(cut.segments.back().size() / 2);
  std::vector<RemuxTrack> tracks(1);
  tracks[0].next = pull(cut);
  auto done = remux_to_mp4(std::move(tracks), folder / "out.mp4", nullptr);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::Corrupt);

  TrackBytes noise;
  noise.init = Bytes(1000, 7);
  tracks = std::vector<RemuxTrack>(1);
  tracks[0].next = pull(noise);
  EXPECT_FALSE(remux_to_mp4(std::move(tracks), folder / "out.mp4", nullptr));
  EXPECT_FALSE(fs::exists(folder / "out.mp4"));
}

}  // namespace
}  // namespace swarma::content::media
