#include "content/media/language.h"

#include <algorithm>
#include <cctype>

namespace swarma::content::media {
namespace {

struct Language {
  std::string_view two, terminology, bibliography, name;  // ISO 639-1, 639-2/T, 639-2/B
};

constexpr Language kLanguages[] = {
    {"af", "afr", "afr", "Afrikaans"},
    {"sq", "sqi", "alb", "Albanian"},
    {"am", "amh", "amh", "Amharic"},
    {"ar", "ara", "ara", "Arabic"},
    {"hy", "hye", "arm", "Armenian"},
    {"az", "aze", "aze", "Azerbaijani"},
    {"eu", "eus", "baq", "Basque"},
    {"be", "bel", "bel", "Belarusian"},
    {"bn", "ben", "ben", "Bengali"},
    {"bs", "bos", "bos", "Bosnian"},
    {"bg", "bul", "bul", "Bulgarian"},
    {"my", "mya", "bur", "Burmese"},
    {"ca", "cat", "cat", "Catalan"},
    {"zh", "zho", "chi", "Chinese"},
    {"hr", "hrv", "hrv", "Croatian"},
    {"cs", "ces", "cze", "Czech"},
    {"da", "dan", "dan", "Danish"},
    {"nl", "nld", "dut", "Dutch"},
    {"en", "eng", "eng", "English"},
    {"eo", "epo", "epo", "Esperanto"},
    {"et", "est", "est", "Estonian"},
    {"fo", "fao", "fao", "Faroese"},
    {"fi", "fin", "fin", "Finnish"},
    {"fr", "fra", "fre", "French"},
    {"fy", "fry", "fry", "Frisian"},
    {"gl", "glg", "glg", "Galician"},
    {"ka", "kat", "geo", "Georgian"},
    {"de", "deu", "ger", "German"},
    {"el", "ell", "gre", "Greek"},
    {"gu", "guj", "guj", "Gujarati"},
    {"ha", "hau", "hau", "Hausa"},
    {"he", "heb", "heb", "Hebrew"},
    {"hi", "hin", "hin", "Hindi"},
    {"hu", "hun", "hun", "Hungarian"},
    {"is", "isl", "ice", "Icelandic"},
    {"ig", "ibo", "ibo", "Igbo"},
    {"id", "ind", "ind", "Indonesian"},
    {"ga", "gle", "gle", "Irish"},
    {"it", "ita", "ita", "Italian"},
    {"ja", "jpn", "jpn", "Japanese"},
    {"kn", "kan", "kan", "Kannada"},
    {"kk", "kaz", "kaz", "Kazakh"},
    {"km", "khm", "khm", "Khmer"},
    {"rw", "kin", "kin", "Kinyarwanda"},
    {"ko", "kor", "kor", "Korean"},
    {"ku", "kur", "kur", "Kurdish"},
    {"ky", "kir", "kir", "Kyrgyz"},
    {"lo", "lao", "lao", "Lao"},
    {"la", "lat", "lat", "Latin"},
    {"lv", "lav", "lav", "Latvian"},
    {"lt", "lit", "lit", "Lithuanian"},
    {"lb", "ltz", "ltz", "Luxembourgish"},
    {"mk", "mkd", "mac", "Macedonian"},
    {"ms", "msa", "may", "Malay"},
    {"ml", "mal", "mal", "Malayalam"},
    {"mt", "mlt", "mlt", "Maltese"},
    {"mi", "mri", "mao", "Maori"},
    {"mr", "mar", "mar", "Marathi"},
    {"mn", "mon", "mon", "Mongolian"},
    {"ne", "nep", "nep", "Nepali"},
    {"no", "nor", "nor", "Norwegian"},
    {"nb", "nob", "nob", "Norwegian Bokmål"},
    {"nn", "nno", "nno", "Norwegian Nynorsk"},
    {"ps", "pus", "pus", "Pashto"},
    {"fa", "fas", "per", "Persian"},
    {"pl", "pol", "pol", "Polish"},
    {"pt", "por", "por", "Portuguese"},
    {"pa", "pan", "pan", "Punjabi"},
    {"ro", "ron", "rum", "Romanian"},
    {"rm", "roh", "roh", "Romansh"},
    {"ru", "rus", "rus", "Russian"},
    {"sa", "san", "san", "Sanskrit"},
    {"gd", "gla", "gla", "Scottish Gaelic"},
    {"sr", "srp", "srp", "Serbian"},
    {"sd", "snd", "snd", "Sindhi"},
    {"si", "sin", "sin", "Sinhala"},
    {"sk", "slk", "slo", "Slovak"},
    {"sl", "slv", "slv", "Slovenian"},
    {"so", "som", "som", "Somali"},
    {"es", "spa", "spa", "Spanish"},
    {"sw", "swa", "swa", "Swahili"},
    {"sv", "swe", "swe", "Swedish"},
    {"tl", "tgl", "tgl", "Tagalog"},
    {"tg", "tgk", "tgk", "Tajik"},
    {"ta", "tam", "tam", "Tamil"},
    {"te", "tel", "tel", "Telugu"},
    {"th", "tha", "tha", "Thai"},
    {"bo", "bod", "tib", "Tibetan"},
    {"tr", "tur", "tur", "Turkish"},
    {"tk", "tuk", "tuk", "Turkmen"},
    {"uk", "ukr", "ukr", "Ukrainian"},
    {"ur", "urd", "urd", "Urdu"},
    {"uz", "uzb", "uzb", "Uzbek"},
    {"vi", "vie", "vie", "Vietnamese"},
    {"cy", "cym", "wel", "Welsh"},
    {"xh", "xho", "xho", "Xhosa"},
    {"yi", "yid", "yid", "Yiddish"},
    {"yo", "yor", "yor", "Yoruba"},
    {"zu", "zul", "zul", "Zulu"},
};

constexpr std::size_t kMaxTag = 35;  // RFC 5646 section 4.4.1

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

const Language* find(std::string_view code) {
  for (const Language& l : kLanguages)
    if (code == l.two || code == l.terminology || code == l.bibliography) return &l;
  return nullptr;
}

bool is_alphanumeric(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) != 0; });
}

// The subtags after the language, or nothing when one is malformed.
bool well_formed_rest(std::string_view rest) {
  while (!rest.empty()) {
    std::size_t end = std::min(rest.find('-'), rest.size());
    std::string_view subtag = rest.substr(0, end);
    if (subtag.empty() || subtag.size() > 8 || !is_alphanumeric(subtag)) return false;
    if (end == rest.size()) return true;
    rest.remove_prefix(end + 1);
    if (rest.empty()) return false;
  }
  return true;
}

}  // namespace

std::string to_bcp47(std::string_view code) {
  if (code.empty() || code.size() > kMaxTag) return "und";
  std::string tag(code);
  std::replace(tag.begin(), tag.end(), '_', '-');
  std::size_t dash = std::min(tag.find('-'), tag.size());
  std::string primary = lower(std::string_view(tag).substr(0, dash));
  std::string_view rest = dash < tag.size() ? std::string_view(tag).substr(dash + 1) : std::string_view();
  if (dash + 1 == tag.size() || !well_formed_rest(rest)) return "und";
  if (const Language* l = find(primary)) {
    primary = l->two;
  } else {
    bool plausible = (primary.size() == 2 || primary.size() == 3) &&
                     std::all_of(primary.begin(), primary.end(), [](unsigned char c) { return std::isalpha(c) != 0; });
    bool no_language = primary == "und" || primary == "mis" || primary == "mul" || primary == "zxx";
    if (!plausible || no_language) return "und";
  }
  return rest.empty() ? primary : primary + "-" + std::string(rest);
}

std::string to_iso639_2(std::string_view bcp47) {
  std::string primary = lower(bcp47.substr(0, bcp47.find('-')));
  if (const Language* l = find(primary)) return std::string(l->terminology);
  return primary.size() == 3 ? primary : "und";
}

std::string language_name(std::string_view bcp47) {
  if (bcp47.empty() || bcp47 == "und") return "";
  std::size_t dash = std::min(bcp47.find('-'), bcp47.size());
  const Language* l = find(bcp47.substr(0, dash));
  if (!l) return std::string(bcp47);
  if (dash == bcp47.size()) return std::string(l->name);
  return std::string(l->name) + " (" + std::string(bcp47.substr(dash + 1)) + ")";
}

}  // namespace swarma::content::media
