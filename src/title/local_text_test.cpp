#include "title/local_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace swarma::title {
namespace {

TEST(LocalTexts, RoundTrip) {
  const LocalTexts texts = {{"de", {.name = "Der Hase", .summary = "Ein Hase\nwehrt sich."}},
                            {"pt-BR", {.name = "A", .summary = ""}}};
  EXPECT_EQ(read_local_texts(local_texts_json(texts)).value(), texts);
}

TEST(LocalTexts, MayComeWithoutASummary) {
  EXPECT_EQ(read_local_texts({{"de", {{"name", "Der Hase"}}}}).value().at("de").summary, "");
}

TEST(LocalTexts, RefuseWhatMayNotTravel) {
  const Json text = {{"name", "Der Hase"}, {"summary", ""}};
  for (const Json& json :
       {Json("de"), Json::array({text}), Json{{"", text}}, Json{{"x y", text}}, Json{{"de", "Der Hase"}},
        Json{{"de", {{"summary", "Ein Hase."}}}}, Json{{"de", {{"name", "Zwei\nZeilen"}}}},
        Json{{"de", {{"name", std::string(301, 'x')}}}}, Json{{"de", {{"name", "Hase"}, {"summary", "\x1b[2J"}}}}}) {
    const auto texts = read_local_texts(json);
    EXPECT_EQ(texts ? "accepted" : texts.error().reason, "bad_member") << json;
  }
}

}  // namespace
}  // namespace swarma::title
