#include "content/media/probe.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "base/file.h"
#include "content/media/package_testing.h"

namespace swarma::content::media {
namespace {

namespace fs = std::filesystem;

using testing::generate;
using testing::generate_plain;
using testing::TemporaryFolder;

fs::path write(const TemporaryFolder& folder, const std::string& name, ByteView bytes) {
  std::ofstream out(folder / name, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return folder / name;
}

std::string refusal(const fs::path& file) {
  auto info = probe(file);
  return info ? "accepted" : info.error().reason;
}

TEST(Probe, TellsWhatIsInAFilm) {
  TemporaryFolder folder;
  auto info = probe(generate_plain(folder));
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_NEAR(static_cast<double>(info->duration_ms), 10'000, 40);
  EXPECT_EQ(info->video.codec, "h264");
  EXPECT_EQ(info->video.width, 640);
  EXPECT_NEAR(info->video.frame_rate, 25, 0.01);
  EXPECT_FALSE(info->video.variable_frame_rate);
  EXPECT_TRUE(info->video.can_copy) << info->video.why_not_copy;
  EXPECT_EQ(info->keyframes_us.size(), 10U);
  ASSERT_EQ(info->audio.size(), 1U);
  EXPECT_TRUE(info->audio[0].can_copy);
}

TEST(Probe, IndexScanAndFullScanAgree) {
  TemporaryFolder folder;
  fs::path mp4 = generate_plain(folder), mkv = generate(folder, "same.mkv", "-i " + mp4.string() + " -an -c copy");
  fs::path fragmented =
      generate(folder, "frag.mp4", "-i " + mp4.string() + " -an -c copy -movflags +frag_keyframe+empty_moov");
  auto a = probe(mp4), b = probe(mkv), c = probe(fragmented);
  ASSERT_TRUE(a && b && c);
  ASSERT_EQ(a->keyframes_us.size(), b->keyframes_us.size());
  ASSERT_EQ(a->keyframes_us.size(), c->keyframes_us.size());
  for (std::size_t i = 0; i < a->keyframes_us.size(); ++i)
    EXPECT_NEAR(static_cast<double>(a->keyframes_us[i]), static_cast<double>(b->keyframes_us[i]), 1000);
  EXPECT_TRUE(b->video.can_copy) << b->video.why_not_copy;
  EXPECT_NEAR(static_cast<double>(a->duration_ms), static_cast<double>(b->duration_ms), 40);
}

TEST(Probe, KeepsSoundWhoseBeginningAnEditListHides) {
  TemporaryFolder folder;
  const fs::path whole = generate(folder, "whole.mp4",
                                  "-f lavfi -i testsrc2=size=320x180:rate=25:duration=12 -f lavfi -i sine=duration=12 "
                                  "-c:v libx264 -preset ultrafast -g 50 -c:a aac");
  const auto cut = probe(generate(folder, "cut.mp4", "-ss 3.1 -i " + testing::quoted(whole) + " -c copy"));
  ASSERT_TRUE(cut) << cut.error().message;
  EXPECT_EQ(cut->audio.size(), 1U);
  EXPECT_NEAR(static_cast<double>(cut->duration_ms), 8'900, 100);
}

TEST(Probe, SaysWhyAFilmCannotBeCopied) {
  TemporaryFolder folder;
  fs::path plain = generate_plain(folder);
  std::string source = "-i " + plain.string() + " -t 3 -an ";
  auto why = [&](const std::string& name, const std::string& arguments) {
    auto info = probe(generate(folder, name, source + arguments));
    EXPECT_TRUE(info) << (info ? "" : info.error().message);
    return info ? info->video.why_not_copy : "";
  };
  EXPECT_NE(why("ten.mp4", "-c:v libx264 -preset ultrafast -pix_fmt yuv420p10le").find("yuv420p10le"),
            std::string::npos);
  EXPECT_NE(why("vp9.webm", "-c:v libvpx -deadline realtime").find("vp8"), std::string::npos);
  EXPECT_NE(why("laced.mp4", "-c:v libx264 -preset ultrafast -flags +ilme+ildct -x264-params tff=1").find("interlaced"),
            std::string::npos);
  EXPECT_NE(why("stream.ts", "-c copy").find("broadcasting"), std::string::npos);
  EXPECT_NE(why("turned.mp4", "-c copy -metadata:s:v rotate=90").find("rotated"), std::string::npos);
}

TEST(Probe, OpenGroupsOfPicturesAreNotCutPlaces) {
  TemporaryFolder folder;
  auto info = probe(
      generate(folder, "open.mp4",
               "-f lavfi -i testsrc2=size=320x180:rate=25:duration=30 -c:v libx264 -preset veryfast -pix_fmt yuv420p "
               "-x264-params open-gop=1:keyint=25:min-keyint=25:bframes=3"));
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_LT(info->keyframes_us.size(), 5U);
  EXPECT_FALSE(info->video.can_copy);
}

TEST(Probe, RefusesEachThingThatIsNotAFilmByItsName) {
  TemporaryFolder folder;
  fs::path film = generate_plain(folder);
  EXPECT_EQ(refusal(folder / "missing"), "file_missing");
  EXPECT_EQ(refusal(folder.path()), "not_media");
  EXPECT_EQ(refusal(write(folder, "empty", {})), "not_media");
  EXPECT_EQ(refusal(write(folder, "text.mp4", view("It was a dark and stormy night.\n"))), "not_media");
  EXPECT_EQ(refusal(write(folder, "subs.srt", view("1\n00:00:01,000 --> 00:00:02,000\nHi\n"))), "not_media");
  EXPECT_EQ(refusal(generate(folder, "tone.mp3", "-f lavfi -i sine=duration=2")), "no_video");
  EXPECT_EQ(refusal(generate(folder, "tone.m4a", "-f lavfi -i sine=duration=2 -c:a aac")), "no_video");
  EXPECT_EQ(refusal(generate(folder, "still.png", "-f lavfi -i testsrc2=duration=1 -frames:v 1")), "still_image");
  EXPECT_EQ(refusal(generate(folder, "still.mp4", "-f lavfi -i testsrc2=duration=1 -frames:v 1 -pix_fmt yuv420p")),
            "still_image");
  EXPECT_EQ(refusal(generate(folder, "secret.mp4",
                             "-i " + film.string() +
                                 " -c copy -encryption_scheme cenc-aes-ctr -encryption_key "
                                 "00112233445566778899aabbccddeeff -encryption_kid 00112233445566778899aabbccddeeff")),
            "encrypted_source");
}

TEST(Probe, APlaylistCannotReachAnotherFile) {
  TemporaryFolder folder;
  std::string film = generate_plain(folder).string();
  EXPECT_EQ(refusal(write(folder, "list.m3u8",
                          view("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n" + film + "\n#EXT-X-ENDLIST\n"))),
            "not_media");
  EXPECT_EQ(refusal(write(folder, "list.txt", view("ffconcat version 1.0\nfile '" + film + "'\n"))), "not_media");
}

TEST(Probe, NoticesMissingBytes) {
  TemporaryFolder folder;
  fs::path plain = generate_plain(folder);
  fs::path fast = generate(folder, "fast.mp4", "-i " + plain.string() + " -c copy -movflags +faststart");
  fs::path mkv = generate(folder, "whole.mkv", "-i " + plain.string() + " -c copy");
  auto cut = [&](const fs::path& from, const std::string& name) {
    auto bytes = read_file(from, 64 << 20);
    bytes->resize(bytes->size() / 2);
    return write(folder, name, *bytes);
  };
  EXPECT_EQ(refusal(cut(fast, "cut.mp4")), "file_truncated");
  EXPECT_EQ(refusal(cut(mkv, "cut.mkv")), "file_truncated");
  auto no_index = probe(cut(plain, "noindex.mp4"));
  ASSERT_FALSE(no_index);
  EXPECT_NE(no_index.error().message.find("moov"), std::string::npos);
}

TEST(Probe, SurvivesDamage) {
  TemporaryFolder folder;
  fs::path plain = generate_plain(folder);
  for (const char* name : {"a.mp4", "a.mkv", "a.ts", "a.avi"}) {
    auto bytes = read_file(generate(folder, name, "-i " + plain.string() + " -t 2 -c copy"), 64 << 20);
    ASSERT_TRUE(bytes);
    std::mt19937 random(7);
    for (int round = 0; round < 25; ++round) {
      Bytes damaged = *bytes;
      for (int i = 0; i < 40; ++i)
        damaged[random() % std::min<std::size_t>(damaged.size(), round % 2 ? damaged.size() : 4096)] =
            static_cast<std::uint8_t>(random());
      auto info = probe(write(folder, "damaged", damaged));
      if (!info) EXPECT_FALSE(info.error().message.empty());
    }
  }
}

TEST(Probe, KnowsTheRealFilms) {
  fs::path films = testing::films();
  ASSERT_TRUE(fs::exists(films)) << "no films at " << films << ": run tests/make_films.py";
  EXPECT_EQ(refusal(films / "extras/bbb_truncated_moov_first.mp4"), "file_truncated");
  EXPECT_EQ(refusal(films / "extras/broken_no_moov.mp4"), "not_media");
  EXPECT_EQ(refusal(films / "extras/nasa_audio_only.mp3"), "no_video");
  EXPECT_EQ(refusal(films / "extras/still_grapefruit.jpg"), "still_image");
  auto phone = probe(films / "phone_720p_rot180_vfr.mp4");
  ASSERT_TRUE(phone);
  EXPECT_EQ(phone->video.orientation.rotation, 180);
  auto laced = probe(films / "extras/bbb_576i_mpeg2_ac3_interlaced.ts");
  ASSERT_TRUE(laced);
  EXPECT_TRUE(laced->video.interlaced);
  EXPECT_EQ(laced->video.sar_num, 64);
  auto sintel = probe(films / "sintel_trailer_720p_multitrack.mkv");
  ASSERT_TRUE(sintel);
  ASSERT_EQ(sintel->audio.size(), 2U);
  EXPECT_EQ(sintel->audio[1].language, "de");
  EXPECT_EQ(sintel->audio[1].channels, 6);
  EXPECT_EQ(sintel->captions.size(), 3U);
  auto popeye = probe(films / "popeye_p1_hevc_pgs.mkv");
  ASSERT_TRUE(popeye);
  EXPECT_TRUE(popeye->captions.empty());
  EXPECT_EQ(popeye->notes.size(), 1U);
}

}  // namespace
}  // namespace swarma::content::media
