#include "title/codes.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace swarma::title {
namespace {

TEST(Codes, RoundTrip) {
  const CodeLists codes = {{"friends", {{.code = "popcorn", .max_uses = 3}, {.code = "caramel"}}}, {"none", {}}};
  EXPECT_EQ(codes_json(codes)["friends"][0].dump(), R"({"code":"popcorn","max_uses":3})");
  EXPECT_EQ(read_codes(codes_json(codes)).value(), codes);
}

TEST(Codes, HaveNoLimitUnlessOneIsNamed) {
  EXPECT_EQ(read_codes({{"friends", {{{"code", "popcorn"}}}}}).value().at("friends").at(0).max_uses, 0);
}

TEST(Codes, RefuseWhatIsMalformed) {
  const Json code = {{"code", "popcorn"}};
  for (const Json& json :
       {Json("popcorn"), Json::array({code}), Json{{"friends", code}}, Json{{"friends", {"popcorn"}}},
        Json{{"friends", {{{"max_uses", 1}}}}}, Json{{"friends", {{{"code", "p"}, {"uses", 1}}}}},
        Json{{"friends", {{{"code", "popcorn"}, {"max_uses", -1}}}}},
        Json{{"friends", {{{"code", std::string(kMaxCodeLength + 1, 'x')}}}}},
        Json{{std::string(kMaxCodeListLength + 1, 'x'), {code}}}}) {
    const auto codes = read_codes(json);
    EXPECT_EQ(codes ? "accepted" : codes.error().reason, "codes_bad") << json;
  }
}

TEST(Codes, AreBoundedOverAllLists) {
  const Json half(kMaxCodes / 2, {{"code", "popcorn"}});
  EXPECT_TRUE(read_codes({{"a", half}, {"b", half}}));
  EXPECT_FALSE(read_codes({{"a", half}, {"b", half}, {"c", Json::array({{{"code", "popcorn"}}})}}));
}

TEST(Codes, AreCheckedForTheirLength) {
  EXPECT_TRUE(check_codes({{"friends", {{.code = "four"}}}}));
  EXPECT_EQ(check_codes({{"friends", {{.code = "the"}}}}).error().reason, "codes_bad");
  EXPECT_EQ(check_codes({{"friends", std::vector<Code>(kMaxCodes + 1, {.code = "four"})}}).error().reason, "codes_bad");
}

}  // namespace
}  // namespace swarma::title
