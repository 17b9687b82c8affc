#include "net/problem.h"

#include <gtest/gtest.h>

namespace swarma::net {
namespace {

TEST(Problem, BecomesAnErrorWithWhatWouldHelp) {
  const Error error = read_problem(
      403,
      R"({"type":"/problems/policy_unmet","detail":"Not met.","unmet":[{"how":"Solve it."},{"how":"Not met."},7]})");
  EXPECT_EQ(error.code, ErrorCode::Forbidden);
  EXPECT_EQ(error.reason, "policy_unmet");
  EXPECT_EQ(error.message, "Not met. Solve it.");
  EXPECT_EQ(read_problem(502, "<html>").reason, "refused");
  EXPECT_EQ(read_problem(400, R"({"type":"/problems/<script>"})").reason, "refused");
  EXPECT_LE(read_problem(400, R"({"detail":")" + std::string(100'000, 'x') + "\"}").message.size(), 600u);
}

}  // namespace
}  // namespace swarma::net
