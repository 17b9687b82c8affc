#include "title/local_text.h"

#include <nlohmann/json.hpp>

#include "title/checks.h"

namespace swarma::title {
namespace {

std::unexpected<Error> bad(std::string message) {
  return fail(ErrorCode::BadRequest, "bad_member", std::move(message));
}

}  // namespace

Result<LocalTexts> read_local_texts(const Json& json) {
  if (!json.is_object() || json.size() > kMaxLocalTexts)
    return bad("\"texts\" must be an object of at most " + std::to_string(kMaxLocalTexts) +
               " languages: language → {name, summary}.");
  LocalTexts texts;
  for (const auto& [language, entry] : json.items()) {
    if (language.empty() || !is_language(language)) return bad("A language is a BCP 47 tag such as \"de\".");
    if (!entry.is_object()) return bad("Each of \"texts\" must be an object with a name.");
    const JsonReader reader(entry, "text");
    SWARMA_TRY(std::string name, reader.text("name", kMaxNameBytes));
    SWARMA_TRY(std::string summary, reader.text_or("summary", kMaxSummaryBytes, ""));
    if (!is_clean_text(name, Lines::One) || !is_clean_text(summary, Lines::Many))
      return bad("The name or summary for the language \"" + language + "\" is not plain text.");
    texts.emplace(language, LocalText{.name = std::move(name), .summary = std::move(summary)});
  }
  return texts;
}

Json local_texts_json(const LocalTexts& texts) {
  Json out = Json::object();
  for (const auto& [language, text] : texts) out[language] = {{"name", text.name}, {"summary", text.summary}};
  return out;
}

}  // namespace swarma::title
