// Captions in the 8-bit encodings of their languages: short ones, as real cues are.
#include <gtest/gtest.h>

#include "base/file.h"
#include "content/media/package_testing.h"

namespace swarma::content::media {
namespace {

namespace fs = std::filesystem;
using namespace testing;  // NOLINT: test vocabulary

/// `text` (UTF-8) in another encoding, made by iconv's own program.
fs::path encoded(const TemporaryFolder& folder, const std::string& text, const std::string& encoding) {
  EXPECT_TRUE(write_file_durably(folder / "utf8", view(text)));
  run("iconv -f UTF-8 -t " + encoding + " " + quoted(folder / "utf8") + " > " + quoted(folder / "encoded.srt"));
  return folder / "encoded.srt";
}

std::string srt(const std::string& line) {
  return "1\n00:00:01,000 --> 00:00:03,000\n" + line + "\n";
}

struct Line {
  const char* language;
  const char* encoding;
  const char* text;
};
void PrintTo(const Line& line, std::ostream* out) {
  *out << line.language << " " << line.encoding << " " << line.text;
}
class Encodings : public ::testing::TestWithParam<Line> {};

TEST_P(Encodings, AreToldByLanguageAndBytes) {
  const Line& line = GetParam();
  const TemporaryFolder folder;
  std::vector<SidecarCaptions> sidecars = {
      {.language = line.language, .file = encoded(folder, srt(line.text), line.encoding)}};
  std::vector<std::string> notes;
  const auto settled = settle_sidecars(sidecars, notes);
  ASSERT_TRUE(settled) << settled.error().message;
  const auto cues = parse_captions(read_file(sidecars[0].file, 1 << 20).value(), {line.language, sidecars[0].encoding});
  ASSERT_TRUE(cues) << cues.error().message;
  EXPECT_EQ(cues->at(0).text, line.text);
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_NE(notes[0].find(sidecars[0].encoding), std::string::npos) << notes[0];
}

INSTANTIATE_TEST_SUITE_P(
    Usual, Encodings,
    ::testing::Values(Line{"ru", "WINDOWS-1251", "Это русские субтитры."}, Line{"ru", "KOI8-R", "Как дела?"},
                      Line{"ru", "WINDOWS-1251", "СТОЙ! КТО ИДЁТ?"}, Line{"ru", "KOI8-R", "СТОЙ! КТО ИДЁТ?"},
                      Line{"ru", "IBM866", "Иван приехал в Москву."}, Line{"ru", "ISO-8859-5", "Привет, мир!"},
                      Line{"uk", "WINDOWS-1251", "Їжак з'їв яблуко."}, Line{"bg", "WINDOWS-1251", "Здравей, свят!"},
                      Line{"sr", "WINDOWS-1250", "Šta radiš, čoveče?"}, Line{"sr", "WINDOWS-1251", "Здраво, свете!"},
                      Line{"el", "WINDOWS-1253", "Γεια σου, κόσμε!"}, Line{"el", "ISO-8859-7", "Άλλο."},
                      Line{"tr", "WINDOWS-1254", "Şimdi gidiyorum."}, Line{"tr", "ISO-8859-9", "İyi geceler, çocuğum."},
                      Line{"he", "WINDOWS-1255", "שלום עולם!"}, Line{"he", "ISO-8859-8", "מה שלומך?"},
                      Line{"ar", "WINDOWS-1256", "هذه ترجمة."}, Line{"ar", "ISO-8859-6", "مرحبا بالعالم، كيف حالك؟"},
                      Line{"pl", "WINDOWS-1250", "Cześć, jak się masz?"}, Line{"pl", "ISO-8859-2", "Śpię."},
                      Line{"cs", "ISO-8859-2", "Ahoj světe, jak se máš?"}, Line{"hu", "WINDOWS-1250", "Köszönöm őt."},
                      Line{"zh", "GBK", "你是谁？"}, Line{"zh", "BIG5", "你是誰？我愛你。"},
                      Line{"zh-TW", "BIG5", "今天天氣很好。"}, Line{"ja", "SHIFT_JIS", "東京へ行きます。"},
                      Line{"ja", "EUC-JP", "はい。"}, Line{"ja", "ISO-2022-JP", "ありがとう。"},
                      Line{"ko", "EUC-KR", "네."}, Line{"ko", "UHC", "안녕하세요, 세계!"},
                      Line{"lt", "WINDOWS-1257", "Ačiū, labai gražu."}, Line{"th", "TIS-620", "สวัสดีชาวโลก"},
                      Line{"de", "WINDOWS-1252", "Grüß Gott – 5 €"}, Line{"en", "WINDOWS-1252", "It’s a café."}));

TEST(CaptionEncoding, OldFormsOfUtf8AreNotPassedOn) {
  // Five and six bytes for one character: RFC 3629 forbids what glibc's iconv takes.
  for (const std::string& broken : {std::string("\xEF\xBB\xBF"
                                                "a\xFB\xA4\xA4\xA4\xA4"
                                                "b"),
                                    std::string("\xEF\xBB\xBF"
                                                "a\xFD\xA4\xA4\xA4\xA4\xA4"
                                                "b")}) {
    const auto text = decode_text(view(broken));
    ASSERT_TRUE(text);
    EXPECT_TRUE(is_utf8(view(text->text)));
    EXPECT_EQ(text->text.front(), 'a');
    EXPECT_EQ(text->text.back(), 'b');
  }
  const auto named = decode_text(view(std::string("a\xFB\xA4\xA4\xA4\xA4"
                                                  "b")),
                                 {"", "utf-8"});
  ASSERT_TRUE(named);
  EXPECT_TRUE(is_utf8(view(named->text)));
}

TEST(CaptionEncoding, TheGivenFilesReadAsTheirRecipeWroteThem) {
  const std::tuple<const char*, const char*, const char*, const char*> given[] = {
      {"ru", "captions-ru-windows-1251.srt", "Привет, мир! Как дела?", "Это русские субтитры."},
      {"zh", "captions-zh-gbk.srt", "你好，世界！今天天气很好。", "这是中文字幕。"},
      {"ja", "captions-ja-shift-jis.srt", "こんにちは、世界。", "これは字幕です。"},
      {"ar", "captions-ar-windows-1256.srt", "مرحبا بالعالم، كيف حالك؟", "هذه ترجمة."},
      {"pl", "captions-pl-windows-1250.srt", "Zażółć gęślą jaźń, źdźbło.", "Łódź i Śląsk."}};
  for (const auto& [language, file, first, second] : given) {
    for (const char* named : {language, "und"}) {
      std::vector<SidecarCaptions> sidecars = {
          {.language = named, .file = fs::path(SWARMA_SOURCE_DIR) / "tests/cases/media" / file}};
      std::vector<std::string> notes;
      ASSERT_TRUE(settle_sidecars(sidecars, notes)) << file;
      EXPECT_EQ(notes.size(), 1U) << file;
      const auto cues = parse_captions(read_file(sidecars[0].file, 1 << 20).value(), {named, sidecars[0].encoding});
      ASSERT_TRUE(cues) << file;
      ASSERT_EQ(cues->size(), 2U) << file;
      EXPECT_EQ(cues->at(0).text, first) << file;
      EXPECT_EQ(cues->at(1).text, second) << file;
    }
  }
}

TEST(CaptionEncoding, ANamedOneIsTakenWithoutANote) {
  const TemporaryFolder folder;
  std::vector<SidecarCaptions> sidecars = {
      *SidecarCaptions::parse("de:KOI8-R:sdh=" + encoded(folder, srt("Привет!"), "KOI8-R").string())};
  std::vector<std::string> notes;
  ASSERT_TRUE(settle_sidecars(sidecars, notes));
  EXPECT_TRUE(notes.empty());
  EXPECT_TRUE(sidecars[0].marks.hearing_impaired);
  const auto cues = parse_captions(read_file(sidecars[0].file, 1 << 20).value(), {"de", sidecars[0].encoding});
  ASSERT_TRUE(cues);
  EXPECT_EQ(cues->at(0).text, "Привет!");
}

TEST(CaptionEncoding, AWrongLanguageIsDoubted) {
  const TemporaryFolder folder;
  std::vector<SidecarCaptions> sidecars = {
      {.language = "en", .file = encoded(folder, srt("Привет, мир! Как дела?"), "WINDOWS-1251")}};
  std::vector<std::string> notes;
  ASSERT_TRUE(settle_sidecars(sidecars, notes));
  ASSERT_EQ(notes.size(), 1U);
  EXPECT_NE(notes[0].find("cannot be told"), std::string::npos) << notes[0];
  EXPECT_EQ(sidecars[0].encoding, "WINDOWS-1251");
}

TEST(CaptionEncoding, DamagedUtf8StaysUtf8) {
  const auto decoded = decode_text(view(srt("Это русские \xFF субтитры.")), {"ru", ""});
  ASSERT_TRUE(decoded);
  EXPECT_NE(decoded->text.find("русские \xEF\xBF\xBD субтитры"), std::string::npos) << decoded->text;
}

TEST(CaptionEncoding, AnUnknownNameIsRefused) {
  for (const char* option : {"ru:windows-9999=a.srt", "ru:../x=a.srt", "ru:=a.srt", "=a.srt", "ru=", "ru"}) {
    const auto parsed = SidecarCaptions::parse(option);
    ASSERT_FALSE(parsed) << option;
    EXPECT_EQ(parsed.error().reason, "usage");
  }
  const auto file = SidecarCaptions::parse("ru:forced:cp1251=a:forced=b.srt");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->file, "a:forced=b.srt");
  EXPECT_TRUE(file->marks.forced);
  EXPECT_EQ(decode_text(view("\xE0\xE1"), {"", "no-such"}).error().reason, "unknown_encoding");
}

TEST(CaptionEncoding, TextInsideAFilmIsReadToo) {
  const TemporaryFolder folder;
  const std::string text = srt("Ну что ж.") + "\n2\n00:00:02,000 --> 00:00:03,000\nПривет, мир! Как дела?\n";
  for (const char* name : {"film.mkv", "film.mp4"}) {
    // ffmpeg would refuse the bytes: a stand-in of the same length is replaced in the finished file.
    std::string stand_in = text;
    const fs::path right = encoded(folder, text, "WINDOWS-1251");
    const Bytes bytes = read_file(right, 1 << 20).value();
    std::string placeholder(as_text(bytes));
    for (char& c : placeholder)
      if (static_cast<unsigned char>(c) >= 0x80) c = '#';
    ASSERT_TRUE(write_file_durably(folder / "plain.srt", view(placeholder)));
    const fs::path film = generate(folder, name,
                                   "-f lavfi -i testsrc2=s=64x36:d=4 -i " + quoted(folder / "plain.srt") +
                                       " -pix_fmt yuv420p -c:v libx264 -preset ultrafast -metadata:s:s:0 language=rus" +
                                       (std::string(name) == "film.mp4" ? " -c:s mov_text" : " -c:s srt"));
    Bytes whole = read_file(film, 1 << 22).value();
    for (const std::string_view line : {"Ну что ж.", "Привет, мир! Как дела?"}) {
      const fs::path one = encoded(folder, std::string(line), "WINDOWS-1251");
      const Bytes real = read_file(one, 1 << 10).value();
      std::string shown(as_text(real));
      for (char& c : shown)
        if (static_cast<unsigned char>(c) >= 0x80) c = '#';
      const auto at = std::search(whole.begin(), whole.end(), shown.begin(), shown.end());
      ASSERT_NE(at, whole.end()) << name;
      std::copy(real.begin(), real.end(), at);
    }
    ASSERT_TRUE(write_file_durably(film, whole));
    const auto made = package_film(film, "copy");
    ASSERT_TRUE(made) << name;
    ASSERT_EQ(made->info.notes.size(), 1U) << name;
    EXPECT_NE(made->info.notes[0].find("WINDOWS-1251"), std::string::npos) << made->info.notes[0];
    const auto cues = cues_of(made->track("c-ru"));
    ASSERT_EQ(cues.size(), 2U) << name;
    EXPECT_EQ(cues[0].text, "Ну что ж.") << name;
    EXPECT_EQ(cues[1].text, "Привет, мир! Как дела?") << name;
  }
}

}  // namespace
}  // namespace swarma::content::media
