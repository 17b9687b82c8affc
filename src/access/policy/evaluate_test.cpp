#include "access/policy/evaluate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>

#include "access/policy/offer.h"

namespace swarma::access::policy {
namespace {

using namespace std::chrono_literals;

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kOwn = "did:key:own";
constexpr Instant kNow(1'800'000'000);

Facts no_facts() {
  Facts facts;
  facts.now = kNow;
  facts.title = {1'500, 6'000'000, {"hd", "sd"}};
  facts.default_issuers = {kOwn};
  return facts;
}

Json goodwill() {
  return {{"requirement", "goodwill_ack"}, {"params", {{"text", "Kind."}}}};
}
Json puzzle(int bits = 18) {
  return {{"requirement", "puzzle_solve"}, {"params", {{"algorithm", "sha256"}, {"difficulty", bits}}}};
}
Json code(const std::string& list = "friends") {
  return {{"requirement", "allowlist_token"}, {"params", {{"list", list}}}};
}

Policy one_path(Json requires_, Json grants = Json::object(), Json more = Json::object()) {
  Json path = {{"id", "p"}, {"grants", std::move(grants)}};
  if (!requires_.is_null()) path["requires"] = std::move(requires_);
  path.update(more);
  auto policy = parse_policy({{"version", 1}, {"paths", Json::array({path})}});
  EXPECT_TRUE(policy) << policy.error().message;
  return *policy;
}

PathDecision decide(const Policy& policy, const Facts& facts) {
  return evaluate_path(policy, policy.paths()[0], facts);
}

std::vector<std::string> reasons(const PathDecision& decision) {
  std::vector<std::string> out;
  for (const Unmet& unmet : decision.unmet) out.push_back(unmet.reason);
  return out;
}

Proof proof_of(const Policy& policy, std::size_t leaf, double trust = 1, std::string issuer = kOwn) {
  return {policy.paths()[0].leaves[leaf].key, trust, std::move(issuer)};
}

TEST(Evaluate, NamesWhatIsMissingAndThenIsMet) {
  const Policy policy = one_path({{"allOf", {goodwill(), puzzle()}}});
  Facts facts = no_facts();
  facts.proofs = {proof_of(policy, 0)};
  PathDecision decision = decide(policy, facts);
  EXPECT_FALSE(decision.met);
  ASSERT_EQ(decision.unmet.size(), 1u);
  EXPECT_EQ(decision.unmet[0].requirement, "puzzle_solve");
  EXPECT_EQ(decision.unmet[0].key, policy.paths()[0].leaves[1].key);
  EXPECT_EQ(decision.unmet[0].reason, "not_proven");
  EXPECT_EQ(decision.unmet[0].how, "Let the machine solve a puzzle of 18 bits (about 262144 hashes).");

  facts.proofs.push_back(proof_of(policy, 1));
  decision = decide(policy, facts);
  EXPECT_TRUE(decision.met);
  EXPECT_THAT(decision.unmet, IsEmpty());
  EXPECT_EQ(decision.used.size(), 2u);
  EXPECT_EQ(decision.terms.slots, (SlotRange{0, 1'500}));
}

TEST(Evaluate, AnOpenPathIsMetByEverybody) {
  const Policy policy = one_path(nullptr, {{"slots", {0, 8}}, {"key_groups", {"sd"}}});
  const PathDecision decision = decide(policy, no_facts());
  EXPECT_TRUE(decision.met);
  EXPECT_EQ(decision.terms.slots, (SlotRange{0, 8}));
  EXPECT_THAT(decision.terms.key_groups, ElementsAre("sd"));
}

TEST(Evaluate, OneOfSeveralIsEnough) {
  const Policy policy = one_path({{"anyOf", {goodwill(), code()}}});
  EXPECT_THAT(reasons(decide(policy, no_facts())), ElementsAre("not_proven", "not_proven"));
  Facts facts = no_facts();
  facts.proofs = {proof_of(policy, 1)};
  EXPECT_TRUE(decide(policy, facts).met);
}

TEST(Evaluate, TrustAndIssuersMatter) {
  Json trusted = code();
  trusted["min_trust"] = 0.5;
  const Policy policy = one_path(trusted);
  Facts facts = no_facts();
  facts.proofs = {proof_of(policy, 0, 0.4)};
  EXPECT_THAT(reasons(decide(policy, facts)), ElementsAre("trust_too_low"));
  facts.proofs.push_back(proof_of(policy, 0, 0.9, "did:key:stranger"));
  EXPECT_THAT(reasons(decide(policy, facts)), ElementsAre("trust_too_low"));
  facts.proofs = {proof_of(policy, 0, 0.9, "did:key:stranger")};
  EXPECT_THAT(reasons(decide(policy, facts)), ElementsAre("issuer_not_trusted"));
  facts.proofs.push_back(proof_of(policy, 0, 0.5));
  EXPECT_TRUE(decide(policy, facts).met);
}

TEST(Evaluate, TheScoreCountsEachProofOnce) {
  const Policy policy =
      one_path({{"anyOf", {goodwill(), puzzle(), puzzle()}}}, Json::object(),
               {{"score", {{"threshold", 1.2}, {"weights", {{"puzzle_solve", 1}, {"goodwill_ack", 0.5}}}}}});
  Facts facts = no_facts();
  facts.proofs = {proof_of(policy, 1)};
  PathDecision decision = decide(policy, facts);
  EXPECT_EQ(decision.score, 1);
  EXPECT_THAT(reasons(decision), ElementsAre("score_too_low"));
  EXPECT_EQ(decision.unmet[0].requirement, "goodwill_ack");
  facts.proofs.push_back(proof_of(policy, 0, 0.5));
  EXPECT_TRUE(decide(policy, facts).met);
  EXPECT_EQ(decide(policy, facts).score, 1.25);
}

TEST(Evaluate, CountsPlacesAndTimesHold) {
  const Policy policy =
      one_path(nullptr, {{"max_plays", 2},
                         {"cooldown_s", 60},
                         {"geo", {{"allow", {"DE"}}}},
                         {"between", {{"from", (kNow - 10s).unix_s()}, {"until", (kNow + 10s).unix_s()}}}});
  Facts facts = no_facts();
  EXPECT_THAT(reasons(decide(policy, facts)), ElementsAre("country_unknown"));
  facts.country = "FR";
  EXPECT_THAT(reasons(decide(policy, facts)), ElementsAre("country_denied"));
  facts.country = "DE";
  EXPECT_TRUE(decide(policy, facts).met);
  facts.uses["p"] = {1, kNow - 59s};
  EXPECT_THAT(reasons(decide(policy, facts)), ElementsAre("cooldown"));
  EXPECT_EQ(decide(policy, facts).unmet.front().retry_after, std::chrono::seconds(1));
  facts.uses["p"] = {1, kNow - 60s};
  EXPECT_TRUE(decide(policy, facts).met);
  facts.uses["p"] = {2, kNow - 1'000s};
  EXPECT_THAT(reasons(decide(policy, facts)), ElementsAre("max_plays"));
  facts.uses.clear();
  facts.now = kNow - 11s;
  EXPECT_THAT(reasons(decide(policy, facts)), ElementsAre("too_early"));
  facts.now = kNow + 10s;
  EXPECT_THAT(reasons(decide(policy, facts)), ElementsAre("too_late"));
}

TEST(Evaluate, ADeniedCountryIsRefusedAndAnyOtherIsNot) {
  const Policy policy =
      parse_policy_text(R"({"version":1,"paths":[{"id":"p","grants":{"geo":{"deny":["FR"]}}}]})").value();
  Facts facts;
  facts.title = {100, 400'000, {"hd", "sd"}};
  for (const auto& [country, met] : {std::pair("FR", false), std::pair("DE", true)}) {
    facts.country = country;
    EXPECT_EQ(evaluate_path(policy, policy.paths()[0], facts).met, met) << country;
  }
}

TEST(Evaluate, APathBeyondTheEndOpensNothing) {
  const Policy policy = one_path(nullptr, {{"slots", {2'000, 2'001}}});
  EXPECT_THAT(reasons(decide(policy, no_facts())), ElementsAre("opens_nothing"));
}

TEST(Evaluate, RollingOnAsksForPlaceAndTimeOnly) {
  const Policy policy = one_path(goodwill(), {{"max_plays", 1}, {"between", {{"until", kNow.unix_s()}}}});
  Facts facts = no_facts();
  facts.uses["p"] = {1, kNow};
  facts.now = kNow - 1s;
  EXPECT_TRUE(evaluate_roll_on(policy.paths()[0], facts).met);
  facts.now = kNow;
  EXPECT_FALSE(evaluate_roll_on(policy.paths()[0], facts).met);
}

TEST(Facts, AreReadFromAFile) {
  const Policy policy = one_path({{"allOf", {goodwill(), puzzle()}}});
  const auto facts = parse_facts({{"now", 5},
                                  {"slots", 10},
                                  {"country", "DE"},
                                  {"proofs", {{{"requirement", "goodwill_ack"}}}},
                                  {"uses", {{"p", {{"unlocks", 1}}}}}},
                                 policy);
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->title.slots, 10u);
  EXPECT_THAT(reasons(decide(policy, *facts)), ElementsAre("not_proven"));
  EXPECT_EQ(parse_facts({{"proofs", {{{"requirement", "magic"}}}}}, policy).error().reason, "facts_invalid");
  EXPECT_EQ(parse_facts({{"uses", {{"q", {{"unlocks", 1}}}}}}, policy).error().reason, "facts_invalid");
}

TEST(Offer, CanBeReadBack) {
  const Policy policy =
      one_path({{"allOf", {goodwill(), {{"anyOf", {puzzle(), code()}}}}}}, {{"seconds", {0, 600}}, {"window_s", 60}},
               {{"score", {{"threshold", 1}, {"weights", {{"puzzle_solve", 1}}}}}, {"label", "Be kind"}});
  const Json json = offer_paths(policy, no_facts().title,
                                [](const Leaf& leaf) { return leaf.requirement != Requirement::AllowlistToken; });
  EXPECT_EQ(json[0]["open"], false);
  EXPECT_EQ(json[0]["grants"]["slots"], Json({0, 150}));
  const auto paths = parse_offer_paths(json);
  ASSERT_TRUE(paths) << paths.error().message;
  const OfferedPath& path = paths->at(0);
  EXPECT_EQ(path.label, "Be kind");
  EXPECT_EQ(path.terms.slots, (SlotRange{0, 150}));
  EXPECT_EQ(path.terms.window_slots, 15u);
  ASSERT_EQ(path.leaves.size(), 3u);
  EXPECT_TRUE(path.leaves[1].available);
  EXPECT_FALSE(path.leaves[2].available);
  EXPECT_EQ(path.leaves[2].leaf.key, policy.paths()[0].leaves[2].key);

  Json lying = json;
  lying[0]["requires"]["allOf"][0]["params"]["text"] = "Unkind.";
  EXPECT_EQ(parse_offer_paths(lying).error().reason, "offer_bad");
}

// Properties, over random policies and facts. The seed is fixed: a failure can be run again.

class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}
  int below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(engine_); }
  bool chance(int percent) { return below(100) < percent; }
  double unit() { return below(11) / 10.0; }
  std::mt19937& engine() { return engine_; }

 private:
  std::mt19937 engine_;
};

Json random_leaf(Dice& dice) {
  Json leaf = dice.chance(30)   ? goodwill()
              : dice.chance(50) ? puzzle(1 + dice.below(3))
                                : code("list-" + std::to_string(dice.below(3)));
  if (dice.chance(30)) leaf["min_trust"] = dice.unit();
  return leaf;
}

Json random_expression(Dice& dice, int depth) {
  if (depth == 0 || dice.chance(40)) return random_leaf(dice);
  Json children = Json::array();
  for (int i = 1 + dice.below(3); i > 0; --i) children.push_back(random_expression(dice, depth - 1));
  Json out = Json::object();
  out[dice.chance(50) ? "allOf" : "anyOf"] = std::move(children);
  return out;
}

Json random_grants(Dice& dice) {
  Json grants = Json::object();
  if (dice.chance(30)) grants["max_plays"] = 1 + dice.below(3);
  if (dice.chance(30)) grants["cooldown_s"] = 1 + dice.below(100);
  if (dice.chance(20)) grants["geo"] = dice.chance(50) ? Json{{"allow", {"DE", "FR"}}} : Json{{"deny", {"FR"}}};
  if (dice.chance(20))
    grants["between"] = {{"from", kNow.unix_s() - 50 + dice.below(100)},
                         {"until", kNow.unix_s() + 60 + dice.below(50)}};
  return grants;
}

std::optional<Policy> random_policy(Dice& dice) {
  Json paths = Json::array();
  for (int i = 1 + dice.below(3); i > 0; --i) {
    Json path = {{"id", "p" + std::to_string(i)}, {"grants", random_grants(dice)}};
    if (dice.chance(90)) {
      path["requires"] = random_expression(dice, 3);
      if (dice.chance(40))
        path["score"] = {
            {"threshold", 0.1 + dice.unit()},
            {"weights",
             {{"puzzle_solve", dice.unit()}, {"goodwill_ack", dice.unit()}, {"allowlist_token", dice.unit()}}}};
    }
    paths.push_back(std::move(path));
  }
  auto policy = parse_policy({{"version", 1}, {"paths", std::move(paths)}});
  return policy ? std::optional(*policy) : std::nullopt;  // e.g. a threshold that cannot be reached
}

std::vector<std::string> all_keys(const Policy& policy) {
  std::vector<std::string> keys = {"0000000000000000"};
  for (const Path& path : policy.paths())
    for (const Leaf& leaf : path.leaves) keys.push_back(leaf.key);
  return keys;
}

Proof random_proof(Dice& dice, const std::vector<std::string>& keys) {
  return {keys[static_cast<std::size_t>(dice.below(static_cast<int>(keys.size())))], dice.unit(),
          dice.chance(80) ? kOwn : "did:key:stranger"};
}

Facts random_facts(Dice& dice, const Policy& policy) {
  Facts facts = no_facts();
  for (int i = dice.below(5); i > 0; --i) facts.proofs.push_back(random_proof(dice, all_keys(policy)));
  for (const Path& path : policy.paths())
    if (dice.chance(40)) facts.uses[path.id] = {dice.below(4), kNow - std::chrono::seconds(dice.below(120))};
  if (dice.chance(60)) facts.country = dice.chance(50) ? "DE" : "FR";
  return facts;
}

template <class F>
void for_random_cases(int rounds, F&& check) {
  int cases = 0;
  for (unsigned seed = 0; cases < rounds; ++seed) {
    Dice dice(seed);
    const auto policy = random_policy(dice);
    if (!policy) continue;
    ++cases;
    const Facts facts = random_facts(dice, *policy);
    check(dice, *policy, facts);
    if (::testing::Test::HasFailure()) FAIL() << "seed " << seed << "\n" << policy->canonical();
  }
}

TEST(EvaluateProperties, AddingAProofNeverTakesAnythingAway) {
  for_random_cases(600, [](Dice& dice, const Policy& policy, const Facts& facts) {
    Facts more = facts;
    more.proofs.push_back(random_proof(dice, all_keys(policy)));
    const auto before = evaluate(policy, facts), after = evaluate(policy, more);
    for (std::size_t i = 0; i < before.size(); ++i) {
      EXPECT_LE(before[i].met, after[i].met);
      EXPECT_LE(before[i].score, after[i].score);
      EXPECT_TRUE(
          std::includes(after[i].used.begin(), after[i].used.end(), before[i].used.begin(), before[i].used.end()));
    }
  });
}

TEST(EvaluateProperties, TheOrderOfProofsDoesNotMatter) {
  for_random_cases(400, [](Dice& dice, const Policy& policy, const Facts& facts) {
    Facts shuffled = facts;
    std::shuffle(shuffled.proofs.begin(), shuffled.proofs.end(), dice.engine());
    const auto a = evaluate(policy, facts), b = evaluate(policy, shuffled);
    for (std::size_t i = 0; i < a.size(); ++i) {
      EXPECT_EQ(a[i].met, b[i].met);
      EXPECT_EQ(a[i].used, b[i].used);
      EXPECT_EQ(unmet_json(a[i].unmet), unmet_json(b[i].unmet));
    }
  });
}

/// Changes the facts as the unmet condition asks.
void meet(const Unmet& unmet, const Path& path, Facts& facts) {
  if (!unmet.key.empty()) {
    facts.proofs.push_back({unmet.key, 1, kOwn});
  } else if (unmet.reason == "country_unknown" || unmet.reason == "country_denied") {
    facts.country = "DE";
  } else if (unmet.reason == "cooldown") {
    facts.uses[path.id].last_unlock = kNow - 1'000s;
  } else if (unmet.reason == "max_plays") {
    facts.uses[path.id].unlocks = 0;
  } else if (unmet.reason == "too_early") {
    facts.now = *path.grants.from;
  } else {
    ADD_FAILURE() << unmet.reason;
  }
}

TEST(EvaluateProperties, MeetingEverythingNamedMeetsThePath) {
  int unmet_paths = 0;
  for_random_cases(1'000, [&](Dice&, const Policy& policy, const Facts& facts) {
    for (const Path& path : policy.paths()) {
      const PathDecision decision = evaluate_path(policy, path, facts);
      EXPECT_EQ(decision.met, decision.unmet.empty());
      if (decision.met) continue;
      ++unmet_paths;
      Facts mended = facts;
      for (const Unmet& unmet : decision.unmet) {
        EXPECT_FALSE(unmet.how.empty());
        meet(unmet, path, mended);
      }
      EXPECT_TRUE(evaluate_path(policy, path, mended).met)
          << unmet_json(evaluate_path(policy, path, mended).unmet).dump();
    }
  });
  EXPECT_GT(unmet_paths, 600);  // the property was really exercised
}

/// Truth by the definition, for small expressions: every subset of proofs of trust 1 against a direct reading of the
/// JSON.
bool holds(const Json& expression, const std::vector<std::string>& proven) {
  if (expression.contains("allOf"))
    return std::all_of(expression["allOf"].begin(), expression["allOf"].end(),
                       [&](const Json& e) { return holds(e, proven); });
  if (expression.contains("anyOf"))
    return std::any_of(expression["anyOf"].begin(), expression["anyOf"].end(),
                       [&](const Json& e) { return holds(e, proven); });
  const auto requirement = *find_requirement(expression["requirement"].get<std::string>());
  const std::string key = leaf_key(requirement, canonical_json(expression["params"]).value());
  return std::find(proven.begin(), proven.end(), key) != proven.end();
}

TEST(EvaluateProperties, AgreesWithTheDefinitionForEverySubsetOfProofs) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    Dice dice(seed);
    const Json expression = random_expression(dice, 3);
    const Policy policy = one_path(expression);
    std::vector<std::string> keys;
    for (const Leaf& leaf : policy.paths()[0].leaves)
      if (std::find(keys.begin(), keys.end(), leaf.key) == keys.end()) keys.push_back(leaf.key);
    ASSERT_LE(keys.size(), 10u);
    for (unsigned subset = 0; subset < (1u << keys.size()); ++subset) {
      Facts facts = no_facts();
      std::vector<std::string> proven;
      for (std::size_t i = 0; i < keys.size(); ++i)
        if (subset >> i & 1) {
          proven.push_back(keys[i]);
          facts.proofs.push_back({keys[i], 1, kOwn});
        }
      ASSERT_EQ(decide(policy, facts).met, holds(expression, proven)) << expression.dump() << " subset " << subset;
    }
  }
}

}  // namespace
}  // namespace swarma::access::policy
