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

TEST(Problem, SaysHowLongToWait) {
  const auto wait_of = [](std::string body, std::string header) {
    ClientResponse response{.status = 503, .headers = {}, .body = std::move(body)};
    if (!header.empty()) response.headers.set("Retry-After", header);
    return read_problem(response).retry_after;
  };
  using std::chrono::seconds;
  EXPECT_EQ(wait_of(R"({"type":"/problems/x","retry_after_s":541})", "7"), seconds(541));
  EXPECT_EQ(wait_of("<html>", "7"), seconds(7));
  EXPECT_EQ(wait_of("{}", ""), std::nullopt);
  for (const char* nonsense : {"-1", "soon", "1e9", "99999999999999999999", "Wed, 21 Oct 2015 07:28:00 GMT"})
    EXPECT_EQ(wait_of("{}", nonsense), std::nullopt) << nonsense;
  EXPECT_EQ(wait_of(R"({"retry_after_s":"7"})", ""), std::nullopt);
}

}  // namespace
}  // namespace swarma::net
