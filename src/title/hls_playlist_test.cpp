#include "title/hls_playlist.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace swarma::title {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

BlobId blob(std::uint8_t fill) {
  BlobId::Digest digest;
  digest.fill(fill);
  return BlobId(digest);
}
std::string hex(const char* pair) {
  std::string out;
  for (int i = 0; i < 32; ++i) out += pair;
  return out;
}

MediaPlaylist example() {
  return {.init = blob(0xaa),
          .extension = "m4s",
          .segments = {{blob(1), 4.004, 1'000}, {blob(2), 4.6, 2'000}, {blob(1), 0.5, 1'000}}};
}

TEST(MediaPlaylist, IsWrittenForPlayers) {
  EXPECT_EQ(write_media_playlist(example()),
            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:5\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n"
            "#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI=\"" +
                hex("aa") +
                ".mp4\"\n"
                "#EXTINF:4.004000,\n#EXT-X-SWARMA-BYTES:1000\n" +
                hex("01") +
                ".m4s\n"
                "#EXTINF:4.600000,\n#EXT-X-SWARMA-BYTES:2000\n" +
                hex("02") +
                ".m4s\n"
                "#EXTINF:0.500000,\n#EXT-X-SWARMA-BYTES:1000\n" +
                hex("01") + ".m4s\n#EXT-X-ENDLIST\n");
}

TEST(MediaPlaylist, RoundTrip) {
  EXPECT_EQ(*parse_media_playlist(write_media_playlist(example())), example());
  MediaPlaylist captions = example();
  captions.init.reset();
  captions.extension = "vtt";
  EXPECT_EQ(*parse_media_playlist(write_media_playlist(captions)), captions);
}

TEST(MediaPlaylist, DurationsAreRoundedToMicroseconds) {
  MediaPlaylist playlist = example();
  playlist.segments[0].seconds = 1001.0 / 240.0;
  const std::string text = write_media_playlist(playlist);
  EXPECT_THAT(text, HasSubstr("#EXTINF:4.170833,"));
  EXPECT_EQ(write_media_playlist(*parse_media_playlist(text)), text);
}

TEST(MediaPlaylist, RefusesWhatWeWouldNotWrite) {
  const std::string good = write_media_playlist(example());
  const std::pair<std::string, std::string> changes[] = {{"#EXTM3U", "#EXTM4U"},
                                                         {"VERSION:7", "VERSION:9"},
                                                         {"TARGETDURATION:5", "TARGETDURATION:6"},
                                                         {"VOD", "EVENT"},
                                                         {"4.004000,", "4.004,"},
                                                         {"4.004000,", "-4.004000,"},
                                                         {"4.004000,", "04.004000,"},
                                                         {"4.004000,", "9999999.004000,"},
                                                         {"4.004000,", "nan,"},
                                                         {"BYTES:2000", "BYTES:02000"},
                                                         {"BYTES:2000", "BYTES:-1"},
                                                         {"BYTES:2000", "BYTES:99999999999"},
                                                         {hex("02"), "../../etc/passwd"},
                                                         {hex("02") + ".m4s", hex("02") + ".exe"},
                                                         {hex("01") + ".m4s", hex("01") + ".vtt"},
                                                         {".mp4", ".exe"},
                                                         {"#EXT-X-ENDLIST\n", ""},
                                                         {"#EXT-X-ENDLIST", "#EXT-X-ENDLIST\n\n"},
                                                         {"#EXTINF:4.6", "#EXT-X-KEY:METHOD=NONE\n#EXTINF:4.6"},
                                                         {"\n#EXTINF", "\r\n#EXTINF"},
                                                         {hex("02"), hex("0G")}};
  ASSERT_TRUE(parse_media_playlist(good));
  for (const auto& [from, to] : changes) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    const auto parsed = parse_media_playlist(text);
    ASSERT_FALSE(parsed) << from << " → " << to;
    EXPECT_EQ(parsed.error().reason, "playlist_bad");
  }
  for (std::size_t cut = 0; cut < good.size(); ++cut) ASSERT_FALSE(parse_media_playlist(good.substr(0, cut))) << cut;
  EXPECT_FALSE(parse_media_playlist(std::string(kMaxPlaylistBytes + 1, '\n')));
}

Track video(const char* name, int height, std::uint8_t fill) {
  return {.id = name,
          .kind = TrackKind::Video,
          .key_group = "hd",
          .playlist = blob(fill),
          .name = name,
          .language = "und",
          .codecs = "avc1.64001f",
          .width = height * 16 / 9,
          .height = height,
          .frame_rate = 24000.0 / 1001,
          .bandwidth = height * 4'000,
          .average_bandwidth = height * 3'000};
}
Track sound(const char* name, const char* language, int channels, std::uint8_t fill) {
  return {.id = name,
          .kind = TrackKind::Audio,
          .key_group = "sd",
          .playlist = blob(fill),
          .name = name,
          .language = language,
          .codecs = "mp4a.40.2",
          .channels = channels,
          .bandwidth = channels * 80'000,
          .average_bandwidth = channels * 64'000};
}
Track captions(const char* name, const char* language, std::uint8_t fill) {
  return {.id = name,
          .kind = TrackKind::Captions,
          .key_group = "sd",
          .playlist = blob(fill),
          .name = name,
          .language = language,
          .codecs = {}};
}

std::vector<Track> film() {
  Track storyboard = captions("storyboard", "", 9);
  storyboard.kind = TrackKind::Storyboard;
  return {video("720p", 720, 1),
          video("360p", 360, 2),
          sound("English (5.1)", "en", 6, 3),
          sound("English", "en", 2, 4),
          sound("Deutsch", "de", 2, 5),
          captions("English", "en", 6),
          captions("Deutsch", "de", 7),
          storyboard};
}

TEST(MultivariantPlaylist, NamesEveryRendition) {
  EXPECT_EQ(write_multivariant_playlist(film()),
            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n"
            "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"English\",LANGUAGE=\"en\",DEFAULT=YES,AUTOSELECT=YES,"
            "CHANNELS=\"2\",URI=\"" +
                hex("04") +
                ".m3u8\"\n"
                "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"English "
                "(5.1)\",LANGUAGE=\"en\",DEFAULT=NO,AUTOSELECT=NO,CHANNELS=\"6\",URI=\"" +
                hex("03") +
                ".m3u8\"\n"
                "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"Deutsch\",LANGUAGE=\"de\",DEFAULT=NO,AUTOSELECT=YES,"
                "CHANNELS=\"2\",URI=\"" +
                hex("05") +
                ".m3u8\"\n"
                "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"captions\",NAME=\"English\",LANGUAGE=\"en\",DEFAULT=NO,"
                "AUTOSELECT=YES,FORCED=NO,URI=\"" +
                hex("06") +
                ".m3u8\"\n"
                "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"captions\",NAME=\"Deutsch\",LANGUAGE=\"de\",DEFAULT=NO,"
                "AUTOSELECT=YES,FORCED=NO,URI=\"" +
                hex("07") +
                ".m3u8\"\n"
                "#EXT-X-STREAM-INF:BANDWIDTH=3360000,AVERAGE-BANDWIDTH=2544000,CODECS=\"avc1.64001f,mp4a.40.2\","
                "RESOLUTION=1280x720,FRAME-RATE=23.976,AUDIO=\"audio\",SUBTITLES=\"captions\"\n" +
                hex("01") +
                ".m3u8\n"
                "#EXT-X-STREAM-INF:BANDWIDTH=1920000,AVERAGE-BANDWIDTH=1464000,CODECS=\"avc1.64001f,mp4a.40.2\","
                "RESOLUTION=640x360,FRAME-RATE=23.976,AUDIO=\"audio\",SUBTITLES=\"captions\"\n" +
                hex("02") + ".m3u8\n");
}

TEST(MultivariantPlaylist, SaysWhatTracksOfOneLanguageAreFor) {
  Track comment = sound("Comment", "en", 2, 3), main = sound("Main", "en", 2, 4), described = sound("Seen", "en", 2, 5);
  comment.marks.commentary = true, main.marks.is_default = true, described.marks.described = true;
  Track forced = captions("Signs", "en", 6), full = captions("Full", "en", 7), sdh = captions("SDH", "en", 8);
  forced.marks.forced = true, full.marks.is_default = true, sdh.marks.hearing_impaired = true;
  const std::string text = write_multivariant_playlist(
      {video("720p", 720, 1), sound("Deutsch", "de", 2, 2), comment, described, main, forced, full, sdh});
  const auto line = [&](const std::string& name) {
    const std::size_t at = text.find("NAME=\"" + name + "\"");
    return at == std::string::npos ? "" : text.substr(at, text.find('\n', at) - at);
  };
  EXPECT_LT(text.find("\"Main\""), text.find("\"Seen\""));
  EXPECT_LT(text.find("\"Comment\""), text.find("\"Deutsch\""));
  EXPECT_THAT(line("Main"), HasSubstr("DEFAULT=YES,AUTOSELECT=YES"));
  EXPECT_THAT(line("Comment"), HasSubstr("DEFAULT=NO,AUTOSELECT=NO"));
  EXPECT_THAT(line("Seen"), HasSubstr("AUTOSELECT=YES,CHARACTERISTICS=\"public.accessibility.describes-video\""));
  EXPECT_THAT(line("Deutsch"), HasSubstr("DEFAULT=NO,AUTOSELECT=YES"));
  EXPECT_THAT(line("Signs"), HasSubstr("DEFAULT=NO,AUTOSELECT=YES,FORCED=YES"));
  EXPECT_THAT(line("Full"), HasSubstr("DEFAULT=YES,AUTOSELECT=YES,FORCED=NO"));
  EXPECT_THAT(line("SDH"),
              HasSubstr("AUTOSELECT=YES,FORCED=NO,CHARACTERISTICS=\"public.accessibility.transcribes-spoken-"
                        "dialog,public.accessibility.describes-music-and-sound\""));
  EXPECT_EQ(parse_multivariant_playlist(text)->size(), 8u);
}

TEST(MultivariantPlaylist, LeadsToEveryMediaPlaylistButTheStoryboard) {
  EXPECT_THAT(*parse_multivariant_playlist(write_multivariant_playlist(film())),
              ElementsAre(blob(4), blob(3), blob(5), blob(6), blob(7), blob(1), blob(2)));
}

TEST(MultivariantPlaylist, SilentFilmHasNoGroups) {
  const std::string text = write_multivariant_playlist({video("720p", 720, 1)});
  EXPECT_THAT(text, Not(HasSubstr("AUDIO")));
  EXPECT_THAT(text, HasSubstr("CODECS=\"avc1.64001f\""));
}

TEST(MultivariantPlaylist, NamesWithinAGroupDifferAndStayInTheirQuotes) {
  const std::string text =
      write_multivariant_playlist({video("720p", 720, 1), sound("English", "en", 2, 2), sound("English", "en", 2, 3),
                                   sound("a\",URI=\"evil", "fr", 2, 4)});
  EXPECT_THAT(text, HasSubstr("NAME=\"English\""));
  EXPECT_THAT(text, HasSubstr("NAME=\"English 2\""));
  EXPECT_THAT(text, HasSubstr("NAME=\"a',URI='evil\""));
  EXPECT_EQ(parse_multivariant_playlist(text)->size(), 4u);
}

TEST(MultivariantPlaylist, CanNameFilesOfALocalServer) {
  const std::string text =
      write_multivariant_playlist(film(), [](const Track& track) { return track.id + "/list.m3u8"; });
  EXPECT_THAT(text, HasSubstr("\n720p/list.m3u8\n"));
  EXPECT_THAT(text, HasSubstr("URI=\"Deutsch/list.m3u8\""));
}

TEST(MultivariantPlaylist, RefusesWhatWeWouldNotWrite) {
  const std::string good = write_multivariant_playlist(film());
  const std::pair<std::string, std::string> changes[] = {
      {"#EXTM3U", ""},
      {"VERSION:7", "VERSION:8"},
      {"#EXT-X-MEDIA:", "#EXT-X-MEDIUM:"},
      {hex("01"), "https://example.org/x"},
      {hex("01") + ".m3u8", hex("01") + ".m4s"},
      {"URI=\"", "URL=\""},
      {"\n#EXT-X-STREAM-INF", "\nhttp://example.org/\n#EXT-X-STREAM-INF"},
      {hex("02") + ".m3u8\n", hex("02") + ".m3u8"}};
  ASSERT_TRUE(parse_multivariant_playlist(good));
  for (const auto& [from, to] : changes) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    EXPECT_FALSE(parse_multivariant_playlist(text)) << from << " → " << to;
  }
  EXPECT_FALSE(parse_multivariant_playlist("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n"));
}

}  // namespace
}  // namespace swarma::title
