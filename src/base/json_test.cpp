#include "base/json.h"

#include <gtest/gtest.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/bytes.h"
#include "base/file.h"

namespace swarma {
namespace {

std::string vector_file(const std::string& name) {
  const auto bytes = read_file(std::string(SWARMA_SOURCE_DIR) + "/tests/vectors/jcs/" + name, 1 << 20);
  EXPECT_TRUE(bytes) << name;
  return std::string(as_text(*bytes));
}

std::string canonical(std::string_view text) {
  const auto value = parse_json(text);
  if (!value) return value.error().message;
  return canonical_json(*value).value_or("no canonical form");
}

TEST(CanonicalJson, HasOneFormPerValue) {
  EXPECT_EQ(canonical(R"( {"b" : [1.0, 1e2, -0], "a": "\u00e9\/"} )"), R"({"a":"é/","b":[1,100,0]})");
}

TEST(CanonicalJson, AgreesWithRfc8785) {
  for (const char* name : {"arrays", "french", "unicode", "values"}) {
    const std::string out = canonical(vector_file(std::string("input/") + name + ".json"));
    EXPECT_EQ(out, vector_file(std::string("output/") + name + ".json")) << name;
    std::istringstream hex(vector_file(std::string("outhex/") + name + ".txt"));
    std::string joined;
    for (std::string byte; hex >> byte;) joined += byte;
    EXPECT_EQ(to_hex(view(out)), joined) << name;
  }
}

TEST(CanonicalJson, WritesNumbersAsEcmaScriptDoes) {
  std::istringstream lines(vector_file("es6-numbers-1000.txt"));
  int checked = 0;
  for (std::string line; std::getline(lines, line); ++checked) {
    const std::size_t comma = line.find(',');
    std::uint64_t bits = 0;
    std::from_chars(line.data(), line.data() + comma, bits, 16);
    const double number = std::bit_cast<double>(bits);
    const std::string text = line.substr(comma + 1);
    EXPECT_EQ(canonical_json(Json(number)).value(), text) << line;
    EXPECT_EQ(canonical(text), text) << line;
  }
  EXPECT_EQ(checked, 1000);
}

TEST(CanonicalJson, RefusesIntegersThatADoubleDoesNotHold) {
  EXPECT_EQ(canonical("[9007199254740992,-9007199254740992,9007199254740994]"),
            "[9007199254740992,-9007199254740992,9007199254740994]");
  for (const char* number : {"9007199254740993", "-9007199254740993", "9223372036854775807", "18446744073709551615"})
    EXPECT_EQ(canonical(number), "no canonical form") << number;
  EXPECT_EQ(canonical("-80055777777777707.777"), "-80055777777777710");
  EXPECT_EQ(canonical("-80055777777777710"), "-80055777777777710");
}

TEST(CanonicalJson, SortsByUtf16CodeUnits) {
  // RFC 8785 §3.2.3; byte order would put the emoji (F0…) after U+FB33 (EF…).
  EXPECT_EQ(canonical("{\"\u20ac\":1,\"\\r\":2,\"\ufb33\":3,\"1\":4,\"\U0001f600\":5,\"\u0080\":6,\"\u00f6\":7}"),
            "{\"\\r\":2,\"1\":4,\"\u0080\":6,\"\u00f6\":7,\"\u20ac\":1,\"\U0001f600\":5,\"\ufb33\":3}");
}

TEST(CanonicalJson, EscapesOnlyWhatItMust) {
  EXPECT_EQ(canonical(R"("\u0000\u001f\u0008\u0009\u000a\u000c\u000d\u0022\u005c\u002f\u007f\u2028")"),
            "\"\\u0000\\u001f\\b\\t\\n\\f\\r\\\"\\\\/\x7f\u2028\"");
}

TEST(CanonicalJson, DoesNotNormaliseUnicode) {
  EXPECT_EQ(canonical("{\"e\u0301\":1,\"\u00e9\":2}"), "{\"e\u0301\":1,\"\u00e9\":2}");
}

TEST(CanonicalJson, RefusesWhatHasNoForm) {
  EXPECT_FALSE(canonical_json(Json(std::nan(""))));
  EXPECT_FALSE(canonical_json(Json(INFINITY)));
  EXPECT_FALSE(canonical_json(Json(std::uint64_t{1} << 60)));
  EXPECT_FALSE(canonical_json(Json(-(std::int64_t{1} << 60))));
  EXPECT_FALSE(canonical_json(Json(INT64_MIN)));
  EXPECT_FALSE(canonical_json(Json(UINT64_MAX)));
  EXPECT_TRUE(canonical_json(Json(std::int64_t{1} << 53)));
  EXPECT_TRUE(canonical_json(Json(-(std::int64_t{1} << 53))));
  EXPECT_FALSE(canonical_json(Json::binary({1, 2})));
}

TEST(CanonicalJson, RefusesTextsThatAreNotUtf8) {
  for (const char* bad : {"\xff", "\x80", "\xc0\xaf", "\xc3", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                          "\xf4\x90\x80\x80", "a\xe2\x82"}) {
    EXPECT_FALSE(canonical_json(Json(bad)));
    EXPECT_FALSE(canonical_json(Json{{bad, 1}}));
  }
  for (const char* good : {"\u00e9", "\ud7ff", "\ue000", "\uffff", "\U00010000", "\U0010ffff", "\x7f"})
    EXPECT_TRUE(canonical_json(Json(good))) << good;
}

TEST(ParseJson, RefusesDuplicateMembersAtAnyDepth) {
  EXPECT_TRUE(parse_json(R"({"a":1,"b":{"a":1},"c":[{"a":1},{"a":1}]})"));
  for (const char* bad :
       {R"({"a":1,"a":1})", R"({"a":1,"\u0061":2})", R"([{"b":{"a":1,"c":2,"a":3}}])", R"({"a":{},"a":[]})"})
    EXPECT_EQ(parse_json(bad).error().message, "A member name appears twice in one JSON object.") << bad;
}

TEST(ParseJson, BoundsTheDepth) {
  const auto nested = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  EXPECT_TRUE(parse_json(nested(kMaxJsonDepth)));
  EXPECT_FALSE(parse_json(nested(kMaxJsonDepth + 1)));
  EXPECT_FALSE(parse_json(std::string(1'000'000, '[')));
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += R"({"a":)";
  EXPECT_FALSE(parse_json(objects));
}

TEST(ParseJson, RefusesWhatIsNotOneJsonValue) {
  for (const char* bad : {"",
                          " ",
                          "{",
                          "}",
                          "{}{}",
                          "{} x",
                          "[1,]",
                          "{\"a\":1,}",
                          "'a'",
                          "{a:1}",
                          "01",
                          "+1",
                          ".5",
                          "1.",
                          "NaN",
                          "Infinity",
                          "1e999",
                          "-1e999",
                          "// x\n1",
                          "/*x*/1",
                          "\"\n\"",
                          "\"\xff\"",
                          "\"\xed\xa0\x80\"",
                          R"("\ud800")",
                          R"("\udc00x")",
                          "\xef\xbb\xbf{",
                          "tru",
                          "\"a",
                          "[1 2]"})
    EXPECT_FALSE(parse_json(bad)) << bad;
  EXPECT_FALSE(parse_json(std::string_view("1\0", 2)));
  EXPECT_FALSE(parse_json(std::string_view("{}\0{}", 5)));
  EXPECT_FALSE(parse_json(std::string_view("\"\0\"", 3)));
}

TEST(ParseJson, KeepsEveryKindOfValue) {
  EXPECT_EQ(
      parse_json(R"({"n":null,"t":true,"i":-7,"u":18446744073709551615,"f":0.5,"s":"x","a":[1,[],{}],"o":{"p":{}}})")
          .value(),
      (Json{{"n", nullptr},
            {"t", true},
            {"i", -7},
            {"u", UINT64_MAX},
            {"f", 0.5},
            {"s", "x"},
            {"a", Json::array({1, Json::array(), Json::object()})},
            {"o", {{"p", Json::object()}}}}));
  EXPECT_EQ(parse_json("7").value(), 7);
  EXPECT_EQ(parse_json(" [ ] ").value(), Json::array());
  EXPECT_EQ(parse_json(R"("\ud83d\ude00")").value(), "\U0001f600");
}

TEST(JsonReader, NamesTheMemberThatIsWrong) {
  const Json object = {{"name", "film"}, {"slots", 30},    {"trust", 0.5},
                       {"open", true},   {"list", {1, 2}}, {"inner", {{"x", 1}}}};
  const JsonReader reader(object, "title record");

  EXPECT_EQ(reader.text("name", 10).value(), "film");
  EXPECT_EQ(reader.integer("slots", 1, 100).value(), 30);
  EXPECT_EQ(reader.number("trust", 0, 1).value(), 0.5);
  EXPECT_TRUE(reader.boolean_or("open", false).value());
  EXPECT_EQ(reader.array("list", 2).value()->size(), 2u);
  EXPECT_EQ(reader.object("inner").value()->at("x"), 1);
  EXPECT_EQ(reader.text_or("missing", 10, "x").value(), "x");
  EXPECT_EQ(reader.integer_or("missing", 0, 1, 1).value(), 1);

  const auto error = reader.text("slots", 10).error();
  EXPECT_EQ(error.reason, "bad_member");
  EXPECT_NE(error.message.find("title record"), std::string::npos);
  EXPECT_NE(error.message.find("\"slots\""), std::string::npos);
}

TEST(JsonReader, ChecksKindsAndBounds) {
  const Json object = {{"text", "four"}, {"big", UINT64_MAX}, {"float", 1.5}, {"list", {1, 2, 3}}, {"null", nullptr}};
  const JsonReader reader(object, "thing");
  EXPECT_FALSE(reader.text("text", 3));
  EXPECT_FALSE(reader.text("missing", 3));
  EXPECT_FALSE(reader.integer("big", 0, INT64_MAX));
  EXPECT_FALSE(reader.integer("float", 0, 10));
  EXPECT_FALSE(reader.integer("text", 0, 10));
  EXPECT_FALSE(reader.integer_or("float", 0, 10, 1)) << "a wrong member is an error, not the fallback";
  EXPECT_FALSE(reader.number("float", 2, 3));
  EXPECT_FALSE(reader.boolean_or("text", true));
  EXPECT_FALSE(reader.array("list", 2));
  EXPECT_FALSE(reader.object("list"));
  EXPECT_FALSE(reader.text_or("null", 3, "x"));
  EXPECT_FALSE(reader.only({"text", "big"}));
  EXPECT_TRUE(reader.only({"text", "big", "float", "list", "null", "other"}));
  const Json list = Json::array();
  EXPECT_FALSE(JsonReader(list, "list").expect_object());
  EXPECT_FALSE(JsonReader(list, "list").only({}));
  EXPECT_FALSE(JsonReader(list, "list").has("x"));
}

}  // namespace
}  // namespace swarma
