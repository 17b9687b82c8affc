#include "content/media/captions.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "content/media/captions_markup.h"
#include "content/media/package_testing.h"

namespace swarma::content::media {
namespace {

namespace fs = std::filesystem;

std::vector<Cue> parsed(std::string_view text) {
  auto cues = parse_captions(view(text));
  EXPECT_TRUE(cues) << (cues ? "" : cues.error().message);
  return cues ? *cues : std::vector<Cue>();
}

TEST(Captions, SrtBecomesAWebVttSegment) {
  auto cues = parsed(
      "1\r\n00:00:01,500 --> 00:00:03,000\r\n<i>Hello</i> & goodbye\r\n\r\n2\r\n00:00:04,000 --> "
      "00:00:09,000\r\nLater\r\n");
  ASSERT_EQ(cues.size(), 2U);
  EXPECT_EQ(write_vtt_segment(cues, 0, 4000),
            "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n"
            "00:00:01.500 --> 00:00:03.000\n<i>Hello</i> &amp; goodbye\n\n");
}

TEST(Captions, ACueIsInEverySegmentItOverlaps) {
  auto cues = parsed("WEBVTT\n\n00:03.000 --> 00:09.000 line:0 align:start\nLong\n");
  for (std::int64_t start : {0, 4000, 8000})
    EXPECT_NE(
        write_vtt_segment(cues, start, start + 4000).find("00:00:03.000 --> 00:00:09.000 line:0 align:start\nLong"),
        std::string::npos);
  EXPECT_EQ(write_vtt_segment(cues, 12000, 16000).find("Long"), std::string::npos);
}

TEST(Captions, ReadsVttWithNotesStylesAndNames) {
  auto cues = parsed(
      "WEBVTT - title\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\nNOTE a --> b\nmore\n\nSTYLE\n::cue{}\n\n"
      "intro\n01:00:00.000 --> 01:00:01.000\n<v.loud Bob & Co>Hi</v> <00:00:01.000>there\n");
  ASSERT_EQ(cues.size(), 1U);
  EXPECT_EQ(cues[0].start_ms, 3'600'000);
  EXPECT_EQ(cues[0].text, "<v.loud Bob &amp; Co>Hi</v> there");
}

TEST(Captions, MarkupIsMadeSafe) {
  EXPECT_EQ(clean_cue_text("<B>bold <font color=red>red</font>"), "<b>bold red</b>");
  EXPECT_EQ(clean_cue_text("a < b --> c & &lt; &#65;"), "a &lt; b --&gt; c &amp; &lt; &#65;");
  EXPECT_EQ(clean_cue_text("{\\an8}up<script>alert(1)</script>"), "upalert(1)");
  EXPECT_EQ(clean_cue_text("<b><i>x</b></i>"), "<b><i>x</i></b>");
  EXPECT_EQ(clean_cue_text("one\n\n  \ntwo"), "one\ntwo");
  EXPECT_EQ(clean_ass_text("{\\b1}Hi\\Nthere {\\i0}<3"), "Hi\nthere &lt;3");
  EXPECT_EQ(clean_cue_settings("line:0 bad position:10%,line-left line:5 align:\"x\" size:80%"),
            "line:0 position:10%,line-left size:80%");
  EXPECT_EQ(plain_cue_text("<i>a</i> &lt;b&gt; &amp;&nbsp;c"), "a <b> &\u00A0c");
}

TEST(Captions, DrawingsAreNoWords) {
  EXPECT_EQ(clean_ass_text("{\\an7\\pos(10,10)\\p1}m 0 0 l 100 0 100 50 0 50{\\p0}"), "");
  EXPECT_EQ(clean_ass_text("{\\p1}m 0 0 l 20 0 20 20{\\p0}Sign text{\\i1}slanted{\\i0}"), "Sign textslanted");
  EXPECT_EQ(clean_ass_text("Before {\\p2\\c&HFF&}m 0 0\\Nl 1 1"), "Before");
  EXPECT_EQ(clean_ass_text("{\\pos(3,4)}here{\\pbo1}too"), "heretoo");
  EXPECT_EQ(clean_ass_text("{\\p10}m 0 0{\\bord2\\p0\\b1}word{\\p1}{\\p0} more"), "word more");
  EXPECT_EQ(clean_ass_text("{\\p1}m 0 0{\\c&H00&}l 5 5{\\p0\\p1}m 1 1"), "");
  EXPECT_EQ(clean_ass_text("{\\k20}ka{\\k30}ra{\\k40}o{\\k10}ke\\NSecond line"), "karaoke\nSecond line");
}

TEST(Captions, AFilmsDrawingsMakeNoCues) {
  const auto made = testing::package_film(fs::path(SWARMA_SOURCE_DIR) / "tests/cases/media/drawings.mkv", "copy");
  ASSERT_TRUE(made);
  std::vector<std::string> texts;
  for (const Cue& cue : testing::cues_of(made->track("c-und"))) texts.push_back(cue.text);
  EXPECT_EQ(texts, (std::vector<std::string>{"Plain words", "Sign textslanted", "karaoke\nSecond line"}));
}

TEST(Captions, CleaningTwiceChangesNothing) {
  for (const char* text : {"{{{\\an", "a {<x>\\b} c", "{{\\a}\\b} c", "{</b>\\i", "{\n\\an8}x", "{ \\an8}"}) {
    const std::string once = clean_cue_text(text);
    EXPECT_EQ(clean_cue_text(once), once) << text;
    EXPECT_EQ(once.find("{\\"), std::string::npos) << text;
  }
  EXPECT_EQ(clean_cue_text("{{{\\an"), "\\an");
}

TEST(Captions, EveryEncodingGivesTheSameCues) {
  std::string latin = "1\n00:00:01,000 --> 00:00:02,000\nGr\xFC\xDF Gott \x96 \x80 5\n";
  std::string utf8 = "1\n00:00:01,000 --> 00:00:02,000\nGrüß Gott – € 5\n";
  std::string utf16le = "\xFF\xFE", utf16be = "\xFE\xFF", unmarked;
  for (char16_t c : std::u16string(u"1\n00:00:01,000 --> 00:00:02,000\nGrüß Gott – € 5\n")) {
    char low = static_cast<char>(c & 0xFF), high = static_cast<char>(c >> 8);
    utf16le += {low, high}, utf16be += {high, low}, unmarked += {low, high};
  }
  for (const std::string& text : {latin, utf8, "\xEF\xBB\xBF" + utf8, utf16le, utf16be, unmarked}) {
    auto cues = parsed(text);
    ASSERT_EQ(cues.size(), 1U);
    EXPECT_EQ(cues[0].text, "Grüß Gott – € 5");
  }
}

TEST(Captions, NamesTheLineThatIsWrong) {
  auto prose = parse_captions(view("Dear Sir,\nthis is a letter.\n"));
  ASSERT_FALSE(prose);
  EXPECT_EQ(prose.error().reason, "bad_captions");
  auto broken = parse_captions(view("1\n00:00:01,000 --> 00:00:02,000\nfine\n\n2\n00:00:xx --> 00:00:05,000\nbad\n"));
  ASSERT_FALSE(broken);
  EXPECT_NE(broken.error().message.find("Line 6"), std::string::npos) << broken.error().message;
  EXPECT_FALSE(parse_captions({}));
  EXPECT_EQ(parse_captions(Bytes(kMaxCaptionBytes + 1, ' ')).error().code, ErrorCode::TooLarge);
}

TEST(Captions, TolerantWhereFilesAreSloppy) {
  EXPECT_EQ(parsed("1\n0:00:01.5 --> 0:00:02,25\nA\n")[0].end_ms, 2250);
  EXPECT_EQ(parsed("00:01,000 --> 00:02,000 X1:10 X2:20\nA\n")[0].settings, "");
  EXPECT_EQ(
      parsed("1\n00:00:01,000 --> 00:00:02,000\nfirst\n\nsecond half\n\n2\n00:00:03,000 --> 00:00:04,000\nB\n")[0].text,
      "first\nsecond half");
  EXPECT_EQ(parsed("2\n00:00:05,000 --> 00:00:06,000\nlate\n\n1\n00:00:01,000 --> 00:00:02,000\nearly\n")[0].text,
            "early");
  EXPECT_EQ(parsed("1\n00:00:05,000 --> 00:00:05,000\nno time\n\n2\n00:00:06,000 --> 00:00:07,000\nyes\n").size(), 1U);
}

TEST(Captions, RealFilesKeepTheirCuesThroughWriting) {
  std::filesystem::path folder = testing::films() / "subtitles";
  ASSERT_TRUE(std::filesystem::exists(folder)) << "no films: run tests/make_films.py";
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    auto bytes = read_file(entry.path(), kMaxCaptionBytes);
    ASSERT_TRUE(bytes);
    auto cues = parse_captions(*bytes);
    ASSERT_TRUE(cues) << entry.path() << ": " << cues.error().message;
    EXPECT_GT(cues->size(), 5U) << entry.path();
    auto again = parse_captions(view(write_vtt(*cues)));
    ASSERT_TRUE(again);
    ASSERT_EQ(again->size(), cues->size()) << entry.path();
    for (std::size_t i = 0; i < cues->size(); ++i) {
      EXPECT_EQ((*again)[i].text, (*cues)[i].text);
      EXPECT_EQ((*again)[i].start_ms, (*cues)[i].start_ms);
      EXPECT_EQ((*again)[i].text.find("\xEF\xBF\xBD"), std::string::npos) << entry.path() << " holds U+FFFD";
    }
    ++files;
  }
  EXPECT_GE(files, 1);
}

}  // namespace
}  // namespace swarma::content::media
