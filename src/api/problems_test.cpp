// The list of problems: that each of its slugs is made in the sources with its code is checked by tools/problems.py.
#include <gtest/gtest.h>

#include <cctype>
#include <nlohmann/json.hpp>

#include "api/description.h"
#include "api/problem.h"

namespace swarma::api {
namespace {

/// "BadRequest" for "bad request".
std::optional<ErrorCode> code_of(const std::string& name) {
  std::string wanted;
  for (char c : name) wanted.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  for (int i = 0; i <= static_cast<int>(ErrorCode::Internal); ++i) {
    std::string known(to_string(static_cast<ErrorCode>(i)));
    std::erase_if(known, [](char c) { return c == ' ' || c == '/'; });
    if (known == wanted) return static_cast<ErrorCode>(i);
  }
  return std::nullopt;
}

TEST(Problems, HaveTheStatusThatTheNodeAnswersWith) {
  const Json& problems = api::problems();
  ASSERT_GT(problems.size(), 200u);
  for (const auto& [slug, problem] : problems.items()) {
    const auto code = code_of(problem["code"].get<std::string>());
    ASSERT_TRUE(code) << slug;
    EXPECT_EQ(problem["status"], http_status(Error{*code, slug, ""})) << slug;
  }
}

}  // namespace
}  // namespace swarma::api
