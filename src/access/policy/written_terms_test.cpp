#include "access/policy/written_terms.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace swarma::access::policy {
namespace {

std::string reason(const Json& policy, const Json& codes) {
  const auto terms = parse_written_terms(policy, &codes);
  return terms ? "fine" : terms.error().reason;
}

TEST(WrittenTerms, AreAPresetOrAPolicyWithItsCodes) {
  const auto preset = parse_written_terms("code:popcorn-42", nullptr);
  ASSERT_TRUE(preset) << preset.error().message;
  EXPECT_EQ(preset->codes.begin()->second.at(0).code, "popcorn-42");
  const Json policy = Json::parse(R"({"version":1,"paths":[{"id":"p"}]})");
  const Json codes = {{"friends", {{{"code", "popcorn"}, {"max_uses", 2}}}}};
  const auto written = parse_written_terms(policy, &codes);
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(written->policy, R"({"paths":[{"id":"p"}],"version":1})");
  EXPECT_EQ(written->codes.at("friends").at(0).max_uses, 2);
}

/// Not only when the film is packaged, an hour later.
TEST(WrittenTerms, AreRefusedAtOnceWithACodeThatNoNodeTakes) {
  const Json policy = Json::parse(R"({"version":1,"paths":[{"id":"p"}]})");
  EXPECT_EQ(reason(policy, {{"friends", {{{"code", "abc"}}}}}), "codes_bad");
  EXPECT_EQ(reason(policy, {{"friends", "popcorn"}}), "codes_bad");
  EXPECT_EQ(reason("of_no_such_name", Json::object()), "preset_unknown");
  EXPECT_EQ(reason(Json::object(), Json::object()), "policy_invalid");
}

}  // namespace
}  // namespace swarma::access::policy
