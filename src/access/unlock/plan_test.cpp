#include "access/unlock/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace swarma::access::unlock {
namespace {

using policy::Requirement;
using ::testing::ElementsAre;

Json goodwill() {
  return {{"requirement", "goodwill_ack"}, {"params", {{"text", "Kind."}}}};
}
Json puzzle(int bits) {
  return {{"requirement", "puzzle_solve"}, {"params", {{"algorithm", "sha256"}, {"difficulty", bits}}}};
}
Json code() {
  return {{"requirement", "allowlist_token"}, {"params", {{"list", "a"}}}};
}

std::vector<policy::OfferedPath> offered(Json paths) {
  const auto policy = policy::parse_policy({{"version", 1}, {"paths", std::move(paths)}});
  EXPECT_TRUE(policy) << policy.error().message;
  return policy::parse_offer_paths(
             policy::offer_paths(*policy, {100, 400'000, {"hd", "sd"}}, [](const auto&) { return true; }))
      .value();
}

/// Somebody who accepts anything and has no code; a puzzle costs its bits.
std::optional<double> without_code(const policy::OfferedLeaf& leaf) {
  if (leaf.leaf.requirement == Requirement::AllowlistToken) return std::nullopt;
  return leaf.leaf.requirement == Requirement::GoodwillAck
             ? 1
             : parse_json(leaf.leaf.params).value()["difficulty"].get<double>();
}

std::vector<std::string> names(const std::optional<Plan>& plan) {
  std::vector<std::string> out = {plan ? plan->path->id : "none"};
  if (plan)
    for (const auto& leaf : plan->leaves) out.emplace_back(to_string(leaf.requirement));
  return out;
}

TEST(Plan, TakesTheWidestPathAndAmongEqualsTheCheapest) {
  const auto paths = offered({{{"id", "preview"}, {"grants", {{"slots", {0, 8}}}}},
                              {{"id", "hard"}, {"requires", puzzle(20)}},
                              {{"id", "easy"}, {"requires", {{"allOf", {puzzle(10), goodwill()}}}}},
                              {{"id", "sd"}, {"requires", goodwill()}, {"grants", {{"key_groups", {"sd"}}}}}});
  EXPECT_THAT(names(choose_plan(paths, 0, "", without_code)), ElementsAre("easy", "goodwill_ack", "puzzle_solve"));
  EXPECT_THAT(names(choose_plan(paths, 0, "preview", without_code)), ElementsAre("preview"));
  EXPECT_THAT(names(choose_plan(paths, 8, "preview", without_code)), ElementsAre("none"));
  EXPECT_THAT(names(choose_plan(paths, 0, "nowhere", without_code)), ElementsAre("none"));
  const auto cannot = [](const policy::OfferedLeaf&) -> std::optional<double> { return std::nullopt; };
  EXPECT_THAT(names(choose_plan(paths, 0, "", cannot)), ElementsAre("preview"));
}

TEST(Plan, ChoosesTheCheapestBranch) {
  const auto paths =
      offered({{{"id", "p"}, {"requires", {{"anyOf", {puzzle(9), code(), {{"allOf", {goodwill(), puzzle(3)}}}}}}}}});
  EXPECT_THAT(names(choose_plan(paths, 0, "", without_code)), ElementsAre("p", "goodwill_ack", "puzzle_solve"));
  EXPECT_EQ(choose_plan(paths, 0, "", without_code)->cost, 4);
}

TEST(Plan, AddsWhatTheScoreNeeds) {
  const auto paths =
      offered({{{"id", "p"},
                {"requires", {{"anyOf", {goodwill(), puzzle(5), puzzle(6)}}}},
                {"score", {{"threshold", 1.4}, {"weights", {{"goodwill_ack", 0.5}, {"puzzle_solve", 1}}}}}}});
  EXPECT_THAT(names(choose_plan(paths, 0, "", without_code)), ElementsAre("p", "goodwill_ack", "puzzle_solve"));
  EXPECT_EQ(choose_plan(paths, 0, "", without_code)->cost, 6);
}

TEST(Plan, LeavesOutWhatTheNodeCannotVerify) {
  auto paths = offered({{{"id", "p"}, {"requires", goodwill()}}});
  paths[0].leaves[0].available = false;
  EXPECT_THAT(names(choose_plan(paths, 0, "", without_code)), ElementsAre("none"));
}

}  // namespace
}  // namespace swarma::access::unlock
