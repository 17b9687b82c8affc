#include "content/media/text_encoding.h"

#include <iconv.h>
#include <uchardet/uchardet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <vector>

namespace swarma::content::media {
namespace {

constexpr std::size_t kSample = 64 << 10;  // bytes that are judged
constexpr double kGood = 0.8;  // points for each character beyond ASCII; text in its own encoding has about 2

// Names people write, and what the same bytes are called by their superset: real files use its additions.
constexpr std::pair<std::string_view, const char*> kAliases[] = {
    {"shiftjis", "CP932"},
    {"sjis", "CP932"},
    {"xsjis", "CP932"},
    {"windows31j", "CP932"},
    {"mskanji", "CP932"},
    {"cp932", "CP932"},
    {"gbk", "GB18030"},
    {"gb2312", "GB18030"},
    {"euccn", "GB18030"},
    {"cp936", "GB18030"},
    {"gb18030", "GB18030"},
    {"big5", "BIG5-HKSCS"},
    {"cp950", "BIG5-HKSCS"},
    {"big5hkscs", "BIG5-HKSCS"},
    {"euckr", "UHC"},
    {"cp949", "UHC"},
    {"uhc", "UHC"},
    {"ksc56011987", "UHC"},
    {"eucjp", "EUC-JP"},
    {"iso88591", "WINDOWS-1252"},
    {"latin1", "WINDOWS-1252"},
    {"ascii", "WINDOWS-1252"},
    {"iso88599", "WINDOWS-1254"},
    {"koi8", "KOI8-R"},
    {"cp866", "IBM866"},
    {"cp852", "IBM852"},
    {"tis620", "CP874"},
    {"windows874", "CP874"},
};

/// "Shift_JIS" → "shiftjis".
std::string squeezed(std::string_view name) {
  std::string out;
  for (char c : name)
    if (std::isalnum(static_cast<unsigned char>(c)))
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

class Iconv {
 public:
  Iconv(const char* to, const char* from) : handle_(iconv_open(to, from)) {}
  ~Iconv() {
    if (*this) iconv_close(handle_);
  }
  Iconv(const Iconv&) = delete;
  Iconv& operator=(const Iconv&) = delete;
  explicit operator bool() const { return handle_ != iconv_t(-1); }

  /// `wrong` is appended for each byte that cannot be converted.
  std::string convert(ByteView bytes, std::string_view wrong) {
    std::string in(as_text(bytes)), out;
    char* from = in.data();
    std::size_t left = in.size();
    std::array<char, 4096> part;
    while (left > 0) {
      char* to = part.data();
      std::size_t room = part.size();
      const std::size_t done = iconv(handle_, &from, &left, &to, &room);
      out.append(part.data(), part.size() - room);
      if (done != std::size_t(-1) || errno == E2BIG) continue;
      out += wrong;
      ++from, --left;
    }
    char* to = part.data();
    std::size_t room = part.size();
    iconv(handle_, nullptr, nullptr, &to, &room);  // what a stateful encoding held back
    return out.append(part.data(), part.size() - room);
  }

 private:
  iconv_t handle_;
};

std::u32string code_points(ByteView bytes, const char* encoding) {
  Iconv converter("UTF-32LE", encoding);
  if (!converter) return {};
  const std::string raw = converter.convert(bytes.first(std::min(bytes.size(), kSample)), {"\xFD\xFF\0\0", 4});
  std::u32string out;
  for (std::size_t i = 0; i + 4 <= raw.size(); i += 4) {
    char32_t c = 0;
    for (std::size_t b = 0; b < 4; ++b) c |= static_cast<char32_t>(static_cast<unsigned char>(raw[i + b])) << (8 * b);
    out += c;
  }
  return out;
}

/// What is usual for a language: its encodings, and the letters beyond ASCII that its texts are made of. `common`: the
/// most frequent ones, which tell encodings of one script apart.
struct Usual {
  std::vector<std::string_view> languages;
  std::vector<const char*> encodings;
  std::u32string_view letters;
  std::u32string_view common;
};

const std::vector<Usual>& usual() {
  static const std::vector<Usual> all = {
      {{"ru", "be", "uk", "bg", "sr", "mk", "kk"},
       {"WINDOWS-1251", "KOI8-U", "ISO-8859-5", "IBM866"},
       U"абвгдежзийклмнопрстуфхцчшщъыьэюяёАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЁіїєґўјљњћђџѓќѕІЇЄҐЎЈЉЊЋЂЏЃЌЅ",
       U"оеаинтсрвлОЕАИНТСРВЛ"},
      {{"el"},
       {"WINDOWS-1253", "ISO-8859-7"},
       U"αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΆΈΉΊΌΎΏΪΫ",
       U"αοιετσνηυρΑΟΙΕΤΣΝΗΥΡ"},
      {{"tr", "az"}, {"WINDOWS-1254"}, U"çğıöşüâîûÇĞİÖŞÜÂÎÛəƏ", U"ıişğüİŞĞÜ"},
      {{"he", "yi"}, {"WINDOWS-1255"}, U"אבגדהוזחטיךכלםמןנסעףפץצקרשת", U"יוהלמארתשב"},
      {{"ar", "fa", "ur"}, {"WINDOWS-1256", "ISO-8859-6"}, U"ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىيًٌٍَُِّْپچژگکی", U"اليمونترب"},
      {{"pl"}, {"WINDOWS-1250", "ISO-8859-2", "IBM852"}, U"ąćęłńóśźżĄĆĘŁŃÓŚŹŻ", U"ąęłżśóć"},
      {{"cs", "sk"},
       {"WINDOWS-1250", "ISO-8859-2", "IBM852"},
       U"áčďéěíňóřšťúůýžÁČĎÉĚÍŇÓŘŠŤÚŮÝŽäľĺôŕÄĽĹÔŔ",
       U"áíéěřščžýů"},
      {{"hu"}, {"WINDOWS-1250", "ISO-8859-2", "IBM852"}, U"áéíóöőúüűÁÉÍÓÖŐÚÜŰ", U"áéöőóüí"},
      {{"sl", "hr", "bs", "sr", "cnr"}, {"WINDOWS-1250", "ISO-8859-2", "IBM852"}, U"čćđšžČĆĐŠŽ", U"čšžćđ"},
      {{"ro", "mo"}, {"WINDOWS-1250", "ISO-8859-2", "IBM852"}, U"ăâîşţșțĂÂÎŞŢȘȚ", U"ăîşţâ"},
      {{"lt", "lv", "et"}, {"WINDOWS-1257"}, U"ąčęėįšųūžĄČĘĖĮŠŲŪŽāčēģīķļņšūžĀĒĢĪĶĻŅŠõäöüÕÄÖÜ", U"ėąšųāīēšõä"},
      {{"vi"},
       {"WINDOWS-1258"},
       U"àáâãèéêìíòóôõùúýăđĩũơưÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝĂĐƠƯ\u0300\u0301\u0303\u0309\u0323",
       U"ươđêôâă"},
      {{"th"}, {"CP874"}, U"", U""},
      {{"zh"}, {"GB18030", "BIG5-HKSCS"}, U"", U""},
      {{"ja"}, {"CP932", "EUC-JP"}, U"", U""},
      {{"ko"}, {"UHC"}, U"", U""},
      {{"en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "no", "nb",
        "nn", "fi", "is", "ca", "gl", "eu", "ga", "af", "id", "ms", "sq"},
       {"WINDOWS-1252"},
       U"àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿßÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞœŒšŠžŽŸ",
       U"éèàäöüßñçåøáíóúêãõæ"},
  };
  return all;
}

bool is_latin(const Usual& language) {
  return !language.letters.empty() && language.letters.front() < 0x250;
}

/// Bytes beyond ASCII, compared with ASCII letters: Latin texts have few, others hardly anything else.
bool mostly_beyond_ascii(ByteView bytes) {
  std::size_t beyond = 0, letters = 0;
  for (std::uint8_t b : bytes) beyond += b >= 0x80, letters += std::isalpha(b) != 0 && b < 0x80;
  return beyond > letters;
}

/// Serbian is written in both scripts.
const Usual* usual_of(std::string_view language, ByteView bytes) {
  const std::string_view primary = language.substr(0, language.find('-'));
  const Usual* found = nullptr;
  for (const Usual& u : usual()) {
    if (std::find(u.languages.begin(), u.languages.end(), primary) == u.languages.end()) continue;
    if (!found || mostly_beyond_ascii(bytes) != is_latin(u)) found = &u;
  }
  return found;
}

bool in(char32_t c, char32_t first, char32_t last) {
  return c >= first && c <= last;
}

bool is_punctuation(char32_t c) {
  return c == 0xA0 || c == 0xAB || c == 0xBB || c == 0xBF || c == 0xA1 || c == 0xB7 || c == 0xB0 || c == 0x2116 ||
         in(c, 0x2010, 0x2026) || c == 0x2039 || c == 0x203A || c == 0x20AC || c == 0x60C || c == 0x61B || c == 0x61F ||
         c == 0x200E || c == 0x200F;
}

/// East Asian and Thai texts: by their blocks. Half-width kana is what Chinese and EUC bytes look like in Shift_JIS.
double points_in_east(char32_t c) {
  if (in(c, 0x3041, 0x30FF) || in(c, 0xAC00, 0xD7A3) || in(c, 0xE01, 0xE5B)) return 2;
  if (in(c, 0x4E00, 0x9FFF)) return 1;
  if (in(c, 0x3000, 0x303F) || in(c, 0xFF01, 0xFF5E) || is_punctuation(c)) return 1;
  if (in(c, 0xFF61, 0xFF9F)) return -0.5;
  return -3;
}

double points(char32_t c, const Usual& language) {
  if (c == 0xFFFD) return -10;
  if (language.letters.empty()) return points_in_east(c);
  if (language.letters.find(c) != std::u32string_view::npos)
    return language.common.find(c) != std::u32string_view::npos ? 3 : 1.5;
  if (is_punctuation(c)) return 0.5;
  return -3;
}

bool is_upper(char32_t c, const Usual& language) {
  const std::size_t at = language.letters.find(c);
  return at != std::u32string_view::npos && (in(c, 0x410, 0x42F) || in(c, 0x391, 0x3A9));
}
bool is_lower(char32_t c) {
  return in(c, 0x430, 0x44F) || in(c, 0x3B1, 0x3C9);
}

/// Points for each character beyond ASCII.
double score(ByteView bytes, const char* encoding, const Usual& language) {
  const std::u32string text = code_points(bytes, encoding);
  double sum = 0;
  std::size_t counted = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] < 0x80) continue;
    ++counted;
    sum += points(text[i], language);
    // КОИ-8 and Windows-1251 have capitals where the other has small letters.
    if (i > 0 && is_lower(text[i - 1]) && is_upper(text[i], language)) sum -= 3;
  }
  return counted == 0 ? 0 : sum / static_cast<double>(counted);
}

/// Share of double-byte characters whose first byte is in the rows of common characters: GB 2312 level 1 or Big5
/// level 1.
double common_rows(ByteView bytes, std::uint8_t first, std::uint8_t last) {
  std::size_t pairs = 0, common = 0;
  for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
    if (bytes[i] < 0x81) continue;
    if (bytes[i] >= 0xA4) ++pairs, common += bytes[i] >= first && bytes[i] <= last;
    ++i;
  }
  return pairs == 0 ? 0 : static_cast<double>(common) / static_cast<double>(pairs);
}

/// Both encodings of Chinese accept most bytes of the other; what comes out is then rare characters.
double chinese_bonus(ByteView bytes, std::string_view encoding, std::string_view language) {
  const bool traditional = language.find("TW") != std::string_view::npos ||
                           language.find("HK") != std::string_view::npos ||
                           language.find("Hant") != std::string_view::npos;
  if (encoding == "GB18030") return 2 * common_rows(bytes, 0xB0, 0xD7) + (traditional ? 0 : 0.1);
  if (encoding == "BIG5-HKSCS") return 2 * common_rows(bytes, 0xA4, 0xC6) + (traditional ? 0.1 : 0);
  return 0;
}

std::string ask_uchardet(ByteView bytes) {
  const uchardet_t detector = uchardet_new();
  if (!detector) std::abort();
  const std::size_t length = std::min(bytes.size(), kSample);
  const bool handled = uchardet_handle_data(detector, reinterpret_cast<const char*>(bytes.data()), length) == 0;
  uchardet_data_end(detector);
  const std::string name = handled ? uchardet_get_charset(detector) : "";
  uchardet_delete(detector);
  return find_encoding(name).value_or("");
}

constexpr double kUchardetBonus = 0.4;

}  // namespace

std::optional<std::string> find_encoding(std::string_view name) {
  if (name.empty() || name.size() > 40) return std::nullopt;
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.' || c == ':';
  });
  if (!plain) return std::nullopt;
  const std::string key = squeezed(name);
  for (const auto& [alias, encoding] : kAliases)
    if (alias == key) return encoding;
  std::string upper(name);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  for (const std::string& candidate : {upper, key})
    if (Iconv("UTF-8", candidate.c_str())) return candidate;
  return std::nullopt;
}

std::string convert_text(ByteView bytes, const std::string& encoding) {
  Iconv converter("UTF-8", encoding.c_str());
  if (!converter) return std::string();
  return converter.convert(bytes, "\xEF\xBF\xBD");
}

LikelyEncoding detect_encoding(ByteView bytes, std::string_view language) {
  const std::string by_bytes = ask_uchardet(bytes);
  const Usual* known = usual_of(language, bytes);
  if (!known) return {by_bytes.empty() ? "WINDOWS-1252" : by_bytes, false};
  LikelyEncoding best;
  double best_score = -100;
  for (const char* encoding : known->encodings) {
    double points = score(bytes, encoding, *known);
    if (known->languages.front() == "zh") points += chinese_bonus(bytes, encoding, language);
    if (by_bytes == encoding) points += kUchardetBonus;
    if (points > best_score) best_score = points, best = {encoding, points >= kGood};
  }
  // Every byte is a letter of some western language: only their number gives another script away.
  if (best.name == "WINDOWS-1252" && mostly_beyond_ascii(bytes)) best.sure = false;
  // The language may be named wrongly, or the encoding an unusual one.
  if (!best.sure && !by_bytes.empty()) best.name = by_bytes;
  return best;
}

}  // namespace swarma::content::media
