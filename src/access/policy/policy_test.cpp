#include "access/policy/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "access/policy/preset.h"

namespace swarma::access::policy {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kExample = R"({"version":1,
 "paths":[
  {"id":"preview","grants":{"slots":[0,8],"key_groups":["sd"],"ttl_s":3600}},
  {"id":"goodwill","label":"Be kind",
   "requires":{"allOf":[{"requirement":"goodwill_ack","params":{"text":"I will tell a friend."}},
                        {"anyOf":[{"requirement":"puzzle_solve","params":{"algorithm":"sha256","difficulty":18}},
                                  {"requirement":"allowlist_token","params":{"list":"friends"},"min_trust":0.5}]}]},
   "score":{"threshold":1.5,"weights":{"puzzle_solve":1.0,"goodwill_ack":0.5}},
   "grants":{"seconds":[0,600],"key_groups":["sd","hd"],"ttl_s":21600,"window_s":600,"count":100,"max_plays":3,"cooldown_s":60,
             "geo":{"allow":["DE","FR"],"deny":[]},"between":{"from":0,"until":0}}}],
 "issuers":{"allow":[],"deny":[]}})";

const TitleShape kFilm{1'500, 6'000'000, {"hd", "sd"}};  // 100 minutes in 4 s slots

Json example() {
  return parse_json(kExample).value();
}

std::string refusal(const Json& json) {
  const auto policy = parse_policy(json);
  if (policy) return "accepted";
  EXPECT_EQ(policy.error().reason, "policy_invalid");
  return policy.error().message;
}

std::string refusal_of_leaf(const char* requirement, Json params) {
  return refusal(
      {{"version", 1},
       {"paths", {{{"id", "a"}, {"requires", {{"requirement", requirement}, {"params", std::move(params)}}}}}}});
}

TEST(Policy, IsReadFromJsonAndHasOneCanonicalText) {
  const auto policy = parse_policy_text(kExample);
  ASSERT_TRUE(policy) << policy.error().message;
  ASSERT_EQ(policy->paths().size(), 2u);
  EXPECT_TRUE(policy->paths()[0].open());
  const Path* path = policy->find_path("goodwill");
  ASSERT_NE(path, nullptr);
  EXPECT_EQ(path->leaves.size(), 3u);
  EXPECT_EQ(path->leaves[2].min_trust, 0.5);
  EXPECT_EQ(path->grants.max_plays, 3);
  EXPECT_EQ(policy->find_leaf(path->leaves[1].key), &path->leaves[1]);
  EXPECT_EQ(policy->canonical(), canonical_json(example()).value());
  EXPECT_EQ(parse_policy_text(policy->canonical())->canonical(), policy->canonical());
}

TEST(Policy, KeysOfLeavesNameWhatIsToBeProven) {
  const std::string key = leaf_key(Requirement::PuzzleSolve, R"({"algorithm":"sha256","difficulty":18})");
  // printf '{"params":{"algorithm":"sha256","difficulty":18},"requirement":"puzzle_solve"}' | sha256sum
  EXPECT_EQ(key, "6d604a62a22eff7d");
  EXPECT_NE(key, leaf_key(Requirement::PuzzleSolve, R"({"algorithm":"sha256","difficulty":19})"));
  const auto policy = parse_policy_text(kExample);
  EXPECT_EQ(policy->paths()[1].leaves[1].key, key);
}

TEST(Policy, RefusesUnknownMembersAndSaysWhere) {
  Json json = example();
  json["colour"] = "red";
  EXPECT_THAT(refusal(json), HasSubstr("unknown member \"colour\""));
  json = example();
  json["paths"][1]["grants"]["geo"]["planets"] = Json::array();
  EXPECT_THAT(refusal(json), HasSubstr("/paths/1/grants/geo"));
  json = example();
  json["paths"][1]["requires"]["allOf"][1]["anyOf"][0]["params"]["hint"] = 1;
  EXPECT_THAT(refusal(json), HasSubstr("/paths/1/requires/allOf/1/anyOf/0/params"));
  json = example();
  json["paths"][1]["requires"]["allOf"][0]["trust"] = 1;
  EXPECT_THAT(refusal(json), HasSubstr("unknown member \"trust\""));
  json = example();
  json["paths"][1]["requires"]["anyOf"] = Json::array();
  EXPECT_THAT(refusal(json), HasSubstr("must stand alone"));
}

TEST(Policy, RefusesWhatNobodyCouldMean) {
  Json json = example();
  json["version"] = 2;
  EXPECT_THAT(refusal(json), HasSubstr("version"));
  json = example();
  json["paths"] = Json::array();
  EXPECT_THAT(refusal(json), HasSubstr("at least one path"));
  json = example();
  json["paths"][1]["id"] = "preview";
  EXPECT_THAT(refusal(json), HasSubstr("twice"));
  json = example();
  json["paths"][1]["score"]["threshold"] = 1.6;
  EXPECT_THAT(refusal(json), HasSubstr("at most 1.5, below the threshold"));
  json = example();
  json["paths"][0]["score"] = {{"threshold", 1}, {"weights", Json::object()}};
  EXPECT_THAT(refusal(json), HasSubstr("needs \"requires\""));
  json = example();
  json["paths"][1]["grants"]["slots"] = {0, 4};
  EXPECT_THAT(refusal(json), HasSubstr("not both"));
  json = example();
  json["paths"][0]["grants"]["slots"] = {8, 8};
  EXPECT_THAT(refusal(json), HasSubstr("begin < end"));
  json = example();
  json["paths"][1]["grants"]["geo"] = {{"allow", {"DE"}}, {"deny", {"DE"}}};
  EXPECT_THAT(refusal(json), HasSubstr("nobody could ever meet"));
  json = example();
  json["paths"][1]["grants"]["between"] = {{"from", 200}, {"until", 100}};
  EXPECT_THAT(refusal(json), HasSubstr("after"));
  json = example();
  json["paths"][0]["grants"]["unlock_s"] = 60;
  EXPECT_THAT(refusal(json), HasSubstr("unlock_s"));
}

TEST(Policy, ChecksTheParametersOfAllSevenRequirements) {
  EXPECT_EQ(refusal_of_leaf("goodwill_ack", {{"text", "x"}}), "accepted");
  EXPECT_EQ(refusal_of_leaf("puzzle_solve", {{"algorithm", "sha256"}, {"difficulty", 1}}), "accepted");
  EXPECT_EQ(refusal_of_leaf("email_verify", {{"allow", {"example.org"}}}), "accepted");
  EXPECT_EQ(refusal_of_leaf("social_like", {{"network", "nostr"}, {"target", "note1x"}}), "accepted");
  EXPECT_EQ(
      refusal_of_leaf("crypto_payment", {{"method", "cashu"}, {"amount", "21"}, {"mints", {"https://mint.example"}}}),
      "accepted");
  EXPECT_EQ(refusal_of_leaf("watch_ad", {{"creative", "spot-1"}, {"seconds", 15}}), "accepted");
  EXPECT_EQ(refusal_of_leaf("allowlist_token", {{"list", "friends"}}), "accepted");

  EXPECT_THAT(refusal_of_leaf("goodwill_ack", {{"text", ""}}), HasSubstr("must not be empty"));
  EXPECT_THAT(refusal_of_leaf("goodwill_ack", Json::object()), HasSubstr("\"text\""));
  EXPECT_THAT(refusal_of_leaf("puzzle_solve", {{"algorithm", "md5"}, {"difficulty", 1}}), HasSubstr("sha256"));
  EXPECT_THAT(refusal_of_leaf("puzzle_solve", {{"algorithm", "sha256"}, {"difficulty", 41}}), HasSubstr("1 to 40"));
  EXPECT_THAT(refusal_of_leaf("puzzle_solve", {{"algorithm", "sha256"}, {"difficulty", 1.5}}), HasSubstr("integer"));
  EXPECT_THAT(refusal_of_leaf("email_verify", {{"allow", {"EXAMPLE.org"}}}), HasSubstr("lower case"));
  EXPECT_THAT(refusal_of_leaf("social_like", {{"network", "nostr"}}), HasSubstr("target"));
  EXPECT_THAT(refusal_of_leaf("crypto_payment", {{"method", "cashu"}, {"amount", "021"}}), HasSubstr("amount"));
  EXPECT_THAT(refusal_of_leaf("crypto_payment", {{"method", "erc20"}, {"amount", "1"}}), HasSubstr("address"));
  const char* const someone = "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F";
  EXPECT_EQ(refusal_of_leaf("crypto_payment", {{"method", "evm_native"}, {"amount", "1"}, {"address", someone}}),
            "accepted");
  EXPECT_THAT(refusal_of_leaf("crypto_payment", {{"method", "erc20"}, {"amount", "1"}, {"address", someone}}),
              HasSubstr("token"));
  EXPECT_THAT(refusal_of_leaf("crypto_payment", {{"method", "evm_native"},
                                                 {"amount", "1"},
                                                 {"address", "0x9D8A62f656a8d1615C1294fd71e9CFb3E4855A4F"}}),
              HasSubstr("checksum"));
  EXPECT_THAT(refusal_of_leaf("crypto_payment", {{"method", "cash"}, {"amount", "1"}}), HasSubstr("method"));
  EXPECT_THAT(refusal_of_leaf("watch_ad", {{"creative", "a"}, {"seconds", 0}}), HasSubstr("seconds"));
  EXPECT_THAT(refusal_of_leaf("allowlist_token", {{"list", "My Friends"}}), HasSubstr("list"));
  EXPECT_THAT(refusal_of_leaf("be_nice", Json::object()), HasSubstr("must be one of"));
}

TEST(Policy, IsBoundedInDepthLeavesPathsAndBytes) {
  Json leaf = {{"requirement", "allowlist_token"}, {"params", {{"list", "a"}}}};
  Json deep = leaf;
  for (int i = 0; i < 7; ++i) deep = Json{{"allOf", Json::array({deep})}};
  Json json = {{"version", 1}, {"paths", Json::array({{{"id", "a"}, {"requires", deep}}})}};
  EXPECT_EQ(refusal(json), "accepted");
  json["paths"][0]["requires"] = Json{{"allOf", Json::array({deep})}};
  EXPECT_THAT(refusal(json), HasSubstr("more than 8 deep"));

  json["paths"][0]["requires"] = {{"anyOf", Json::array()}};
  for (int i = 0; i < 64; ++i) json["paths"][0]["requires"]["anyOf"].push_back(leaf);
  EXPECT_EQ(refusal(json), "accepted");
  json["paths"].push_back({{"id", "b"}, {"requires", leaf}});
  EXPECT_THAT(refusal(json), HasSubstr("more than 64"));

  json = {{"version", 1}, {"paths", Json::array()}};
  for (int i = 0; i < 17; ++i) json["paths"].push_back({{"id", "p" + std::to_string(i)}});
  EXPECT_THAT(refusal(json), HasSubstr("16"));
  EXPECT_FALSE(parse_policy_text(std::string(20'000, ' ') + std::string(kExample)));
}

TEST(Policy, TurnsSecondsIntoSlotsOfTheTitle) {
  GrantTerms terms;
  EXPECT_EQ(resolve(terms, kFilm).slots, (SlotRange{0, 1'500}));
  EXPECT_EQ(resolve(terms, kFilm).window_slots, 1'500u);
  terms.seconds = {{2, 601}};
  terms.window_s = 10;
  EXPECT_EQ(resolve(terms, kFilm).slots, (SlotRange{0, 151}));  // begin rounds down, end up
  EXPECT_EQ(resolve(terms, kFilm).window_slots, 2u);            // the window rounds down
  terms.window_s = 1;
  EXPECT_EQ(resolve(terms, kFilm).window_slots, 1u);
  terms.seconds = {{5'900, 100'000}};
  EXPECT_EQ(resolve(terms, kFilm).slots, (SlotRange{1'475, 1'500}));
  terms.seconds.reset();
  terms.slots = {{2'000, 3'000}};
  EXPECT_TRUE(resolve(terms, kFilm).slots.empty());
  terms.key_groups = {"sd", "uhd"};
  EXPECT_EQ(resolve(terms, kFilm).key_groups, std::vector<std::string>{"sd"});
}

TEST(Policy, MustFitTheTitleItIsPublishedWith) {
  EXPECT_TRUE(check_fits(*parse_policy(example()), kFilm));
  Json json = example();
  json["paths"][0]["grants"]["key_groups"] = {"uhd"};
  EXPECT_EQ(check_fits(*parse_policy(json), kFilm).error().reason, "policy_does_not_fit");
  json = example();
  json["paths"][0]["grants"]["slots"] = {1'500, 1'501};
  EXPECT_EQ(check_fits(*parse_policy(json), kFilm).error().reason, "policy_does_not_fit");
}

TEST(Policy, RemarksAPreviewThatIsTheWholeFilm) {
  const auto remarks_on = [](const char* preview, TitleShape film) {
    const Json asks = {{"id", "promise"},
                       {"requires", {{"requirement", "goodwill_ack"}, {"params", {{"text", "Yes"}}}}}};
    Json paths = Json::array({{{"id", "preview"}, {"grants", Json::parse(preview)}}, asks});
    return remarks(*parse_policy({{"version", 1}, {"paths", std::move(paths)}}), film);
  };
  const TitleShape six_seconds{2, 6'000, {"hd", "sd"}};
  EXPECT_THAT(
      remarks_on(R"({"seconds":[0,120]})", six_seconds),
      ::testing::ElementsAre("The way \"preview\" opens the whole film (0:06) without any condition: nobody needs the "
                             "other ways. End it at 0:03 or before, or leave it out."));
  EXPECT_THAT(remarks_on(R"({"seconds":[0,4]})", six_seconds), ::testing::SizeIs(1)) << "it is cut at 3 s: rounded up";
  EXPECT_THAT(remarks_on(R"({"seconds":[0,3]})", six_seconds), ::testing::IsEmpty());
  EXPECT_THAT(remarks_on(R"({"slots":[0,9],"key_groups":["sd"]})", six_seconds),
              ::testing::ElementsAre(HasSubstr(" in sd ")));
  EXPECT_THAT(remarks_on(R"({"key_groups":["sd"]})", six_seconds), ::testing::IsEmpty()) << "meant so";
  EXPECT_THAT(remarks_on("{}", six_seconds), ::testing::SizeIs(1));
  EXPECT_THAT(remarks_on(R"({"seconds":[0,1]})", {1, 2'000, {"sd"}}), ::testing::ElementsAre(HasSubstr("too short")));
  EXPECT_THAT(remarks(*parse_policy({{"version", 1}, {"paths", {{{"id", "open"}}}}}), six_seconds),
              ::testing::IsEmpty());
}

TEST(Policy, SaysItsPathsInPlainWords) {
  const auto policy = parse_policy(example());
  EXPECT_EQ(describe_path(policy->paths()[0], kFilm), "Without any condition: opens the first 0:32 in sd.");
  EXPECT_EQ(describe_path(policy->paths()[1], kFilm),
            "Accept “I will tell a friend.”, and (let the machine solve a puzzle of 18 bits (about 262144 hashes), or "
            "enter a code of "
            "the list “friends” (trusted at least 0.5)), reaching a score of 1.5: opens the first 10:00; at most 3 "
            "times per viewer; "
            "with 1:00 between two times; only in DE, FR.");
}

TEST(Policy, AcceptsIssuersByDenyThenAllowThenDefault) {
  Json json = example();
  const std::vector<std::string> own = {"did:key:own"};
  EXPECT_TRUE(parse_policy(json)->accepts_issuer("did:key:own", own));
  EXPECT_FALSE(parse_policy(json)->accepts_issuer("did:key:other", own));
  json["issuers"]["allow"] = {"did:key:other"};
  EXPECT_FALSE(parse_policy(json)->accepts_issuer("did:key:own", own));
  EXPECT_TRUE(parse_policy(json)->accepts_issuer("did:key:other", own));
  json["issuers"]["deny"] = {"did:key:other"};
  EXPECT_FALSE(parse_policy(json)->accepts_issuer("did:key:other", own));
}

TEST(Preset, GivesTheWholeFilmInFourWays) {
  for (const char* name : {"open", "goodwill", "puzzle", "code:popcorn"}) {
    ASSERT_TRUE(is_preset(name));
    const auto preset = parse_preset(name);
    ASSERT_TRUE(preset) << preset.error().message;
    const auto terms = resolve(preset->policy.paths().at(0).grants, kFilm);
    EXPECT_EQ(terms.slots, (SlotRange{0, 1'500}));
    EXPECT_EQ(terms.key_groups, kFilm.key_groups);
  }
  EXPECT_FALSE(is_preset("policy.json"));
  EXPECT_EQ(parse_preset("free").error().reason, "preset_unknown");
}

TEST(Preset, KeepsACodeOutOfThePolicy) {
  const auto preset = parse_preset("code:popcorn-42");
  ASSERT_TRUE(preset);
  EXPECT_EQ(preset->policy.canonical().find("popcorn"), std::string::npos);
  ASSERT_EQ(preset->codes.size(), 1u);
  EXPECT_EQ(preset->codes.begin()->first, "codes");
  EXPECT_EQ(preset->codes.begin()->second.at(0).code, "popcorn-42");
  EXPECT_EQ(parse_preset("code:abc").error().reason, "code_bad");
}

}  // namespace
}  // namespace swarma::access::policy
