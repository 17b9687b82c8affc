#include "access/policy/explain.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "access/policy/evaluate.h"

namespace swarma::access::policy {
namespace {

const Json kPromise = {{"requirement", "goodwill_ack"}, {"params", {{"text", "I will tell a friend."}}}};
const Json kPuzzle = {{"requirement", "puzzle_solve"}, {"params", {{"algorithm", "sha256"}, {"difficulty", 18}}}};
const ExplainContext kHere{.now = Instant(1'000), .issuer = "did:key:z6MkNode", .is_verifiable = [](const Leaf& leaf) {
                             return leaf.requirement != Requirement::WatchAd;
                           }};

Json policy_of(Json paths) {
  return {{"version", 1}, {"paths", std::move(paths)}};
}

std::vector<std::string> places(const Json& policy) {
  std::vector<std::string> out;
  for (const Fault& fault : list_faults(policy)) out.push_back(fault.at + " " + fault.member);
  return out;
}

TEST(Explain, NamesEveryFaultWithItsPlace) {
  Json blank = kPromise, hard = kPuzzle;
  blank["params"]["text"] = "";
  hard["params"]["difficulty"] = 99;
  const Json policy = policy_of({{{"id", "a"}, {"requires", {{"allOf", {blank, {{"anyOf", {kPuzzle, hard}}}}}}}},
                                 {{"id", "b"}, {"requires", hard}, {"grants", {{"ttl_s", 1}}}},
                                 {{"id", "C!"}}});
  EXPECT_EQ(places(policy),
            (std::vector<std::string>{"/paths/0/requires/allOf/0/params text",
                                      "/paths/0/requires/allOf/1/anyOf/1/params difficulty",
                                      "/paths/1/requires/params difficulty", "/paths/1/grants ttl_s", "/paths/2 id"}));
  EXPECT_EQ(list_faults(policy)[1].detail, "\"difficulty\" must be an integer from 1 to 40.");
}

TEST(Explain, SaysWhatOnlyTheWholeShows) {
  EXPECT_EQ(places(policy_of(Json::array())), std::vector<std::string>{"/paths "});
  EXPECT_EQ(places(policy_of({{{"id", "a"}}, {{"id", "a"}}})), std::vector<std::string>{"/paths/1 a"});
  EXPECT_EQ(places(policy_of({{{"id", "a"}, {"requires", {{"allOf", Json::array()}}}}})),
            std::vector<std::string>{"/paths/0/requires allOf"});
  EXPECT_EQ(places("no object").size(), 1u);
  EXPECT_EQ(places(policy_of({7})).size(), 1u);
}

TEST(Explain, FindsAFaultExactlyWhenThePolicyIsRefused) {
  for (const Json& requires_ : {kPromise, kPuzzle, Json{{"allOf", {kPromise, kPuzzle}}}, Json{{"allOf", 3}}, Json(),
                                Json{{"anyOf", {kPromise}}, {"allOf", {kPuzzle}}}, Json{{"requirement", "dance"}}}) {
    const Json policy = policy_of({{{"id", "a"}, {"requires", requires_}}});
    EXPECT_EQ(list_faults(policy).empty(), parse_policy(policy).has_value()) << policy;
  }
}

TEST(Explain, DecidesAsTheEvaluatorDoes) {
  const Json policy = policy_of(
      {{{"id", "free"}, {"grants", {{"seconds", {0, 60}}}}},
       {{"id", "both"}, {"requires", {{"allOf", {kPromise, kPuzzle}}}}, {"grants", {{"geo", {{"allow", {"DE"}}}}}}}});
  const Json facts = {{"slots", 100},    {"duration_ms", 400'000},
                      {"country", "DE"}, {"key_groups", {"sd"}},
                      {"now", 5},        {"proofs", {{{"requirement", "puzzle_solve"}}}}};
  const auto said = explain(policy, facts, kHere);
  ASSERT_TRUE(said);
  EXPECT_EQ((*said)["valid"], true);
  EXPECT_EQ((*said)["paths"][0]["decision"]["met"], true);
  EXPECT_EQ((*said)["paths"][0]["grants"]["slots"], Json({0, 15}));
  const Json& both = (*said)["paths"][1];
  EXPECT_EQ(both["decision"]["met"], false);
  ASSERT_EQ(both["decision"]["unmet"].size(), 1u);
  EXPECT_EQ(both["decision"]["unmet"][0]["reason"], "not_proven");
  EXPECT_EQ(both["decision"]["unmet"][0]["requirement"], "goodwill_ack");
  EXPECT_EQ(both["decision"]["unmet"][0]["key"], both["requires"]["allOf"][0]["key"]);
  const auto parsed = parse_policy(policy);
  EXPECT_EQ(both["description"], describe_path(parsed->paths()[1], {100, 400'000, {"sd"}}));
}

TEST(Explain, TakesTheMomentAndTheNodeWhereTheFactsLeaveThemOpen) {
  Json policy = policy_of({{{"id", "soon"}, {"requires", kPromise}, {"grants", {{"between", {{"from", 2'000}}}}}}});
  const Json facts = {{"proofs", {{{"requirement", "goodwill_ack"}}}}};
  EXPECT_EQ((*explain(policy, facts, kHere))["paths"][0]["decision"]["unmet"][0]["reason"], "too_early");
  ExplainContext later = kHere;
  later.now = Instant(2'000);
  EXPECT_EQ((*explain(policy, facts, later))["paths"][0]["decision"]["met"], true);
  policy["issuers"] = {{"allow", {"did:key:z6MkOther"}}};
  EXPECT_EQ((*explain(policy, facts, later))["paths"][0]["decision"]["unmet"][0]["reason"], "issuer_not_trusted");
}

TEST(Explain, WarnsOfWhatIsGivenAwayAndOfWhatDoesNotFit) {
  const Json open = {{"id", "free"}, {"grants", {{"seconds", {0, 900}}}}};
  const Json policy = policy_of({open, {{"id", "promise"}, {"requires", kPromise}}});
  EXPECT_EQ((*explain(policy, {{"slots", 10}, {"duration_ms", 40'000}}, kHere))["remarks"].size(), 1u);
  const Json late = policy_of({{{"id", "late"}, {"grants", {{"seconds", {900, 950}}}}}});
  const auto said = explain(late, {{"slots", 10}, {"duration_ms", 40'000}}, kHere);
  EXPECT_EQ((*said)["valid"], false);
  EXPECT_EQ((*said)["errors"].size(), 1u);
  EXPECT_FALSE(explain(policy, {{"moon", "full"}}, kHere));
}

TEST(Explain, AWayThatGivesAPassIsMetLikeAnyOther) {
  const Json policy = policy_of({{{"id", "join"}, {"requires", kPromise}, {"grants", {{"pass", {{"tier", "gold"}}}}}}});
  const auto stranger = explain(policy, Json::object(), kHere);
  ASSERT_TRUE(stranger);
  EXPECT_EQ((*stranger)["valid"], true) << *stranger;
  EXPECT_EQ((*stranger)["paths"][0]["decision"]["unmet"].size(), 1u);
  const auto member = explain(policy, {{"proofs", {{{"requirement", "goodwill_ack"}}}}}, kHere);
  EXPECT_EQ((*member)["paths"][0]["decision"]["met"], true) << *member;
  Json wrong = policy;
  wrong["paths"][0]["grants"]["pass"]["tier"] = "Not a slug";
  EXPECT_EQ(places(wrong), std::vector<std::string>{"/paths/0/grants/pass tier"});
}

TEST(Explain, TellsWhatThisNodeCannotVerify) {
  const Json ad = {{"requirement", "watch_ad"}, {"params", {{"creative", "clip"}, {"seconds", 20}}}};
  const auto said =
      explain(policy_of({{{"id", "a"}, {"requires", {{"anyOf", {ad, kPromise}}}}}}), Json::object(), kHere);
  EXPECT_EQ((*said)["paths"][0]["requires"]["anyOf"][0]["available"], false);
  EXPECT_EQ((*said)["paths"][0]["requires"]["anyOf"][1]["available"], true);
}

}  // namespace
}  // namespace swarma::access::policy
