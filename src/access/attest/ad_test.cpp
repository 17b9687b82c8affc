// Ads: only time that passed here counts.
#include "access/attest/guesser.h"
#include "access/attest/verifiers_testing.h"

namespace swarma::access::attest {
namespace {

using testing::reason_of;
using namespace std::chrono_literals;

class AdTest : public testing::VerifierTest {
 protected:
  policy::Leaf ad(int seconds = 20) {
    return testing::leaf_with(policy::Requirement::WatchAd,
                              {{"creative", TitleId(TitleId::Raw{9}).text()}, {"seconds", seconds}});
  }
  /// A beat after `wait`; gives the reply.
  Result<Json> beat(const std::string& id, std::string& nonce, std::chrono::seconds wait, bool visible = true,
                    bool focused = true, const std::string& viewer = "viewer-1") {
    clock_.advance(wait);
    auto reply = note(id, {{"nonce", nonce}, {"visible", visible}, {"focused", focused}}, viewer, guest_);
    if (reply) nonce = reply->at("nonce");
    return reply;
  }
  std::int64_t watched(const Result<Json>& reply) { return reply ? reply->at("watched_s").get<std::int64_t>() : -1; }

  std::shared_ptr<Guest> guest_ = std::make_shared<Guest>(Guest{.network = "4:c00002"});
};
INSTANTIATE_TEST_SUITE_P(Engines, AdTest, ::testing::ValuesIn(db::testing::kEngines), db::testing::engine_name);

TEST_P(AdTest, AViewerWatchesToTheEnd) {
  const auto [id, challenge] = started(ad());
  EXPECT_EQ(challenge["seconds"], 20);
  std::string nonce = challenge["nonce"];
  EXPECT_EQ(watched(beat(id, nonce, 0s)), 0);
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(watched(beat(id, nonce, 5s)), 5 * i);
  const auto early = answer(id, Json::object());
  EXPECT_EQ(reason_of(early), "not_yet");
  EXPECT_EQ(early.error().retry_after, 5s);
  EXPECT_EQ(watched(beat(id, nonce, 5s)), 20);
  const auto issued = answer(id, Json::object());
  ASSERT_TRUE(issued) << issued.error().message;
  EXPECT_DOUBLE_EQ(read(*issued).trust, 0.9);
}

TEST_P(AdTest, BeatsCanBeNeitherHurriedNorRepeated) {
  const auto [id, challenge] = started(ad());
  std::string nonce = challenge["nonce"];
  beat(id, nonce, 0s);
  // A thousand beats in a second are worth a second.
  for (int i = 0; i < 20; ++i) beat(id, nonce, 0s);
  EXPECT_EQ(watched(beat(id, nonce, 1s)), 1);
  std::string old = nonce;
  EXPECT_EQ(watched(beat(id, nonce, 5s)), 6);
  EXPECT_EQ(reason_of(beat(id, old, 5s)), "beat_out_of_turn");
  std::string invented = "AAAAAAAAAAAAAAAA";
  EXPECT_EQ(reason_of(beat(id, invented, 0s)), "beat_out_of_turn");
  // A pause is worth nothing, nor is a clock that jumps.
  EXPECT_EQ(watched(beat(id, nonce, 13s)), 6);
  EXPECT_EQ(watched(beat(id, nonce, -100s)), 6);
  EXPECT_EQ(watched(beat(id, nonce, 12s)), 18);
}

TEST_P(AdTest, WhatWasNotSeenIsTrustedLess) {
  const auto [id, challenge] = started(ad(20));
  std::string nonce = challenge["nonce"];
  beat(id, nonce, 0s);
  beat(id, nonce, 10s, true, false);
  beat(id, nonce, 10s, false, false);
  const auto issued = answer(id, Json::object());
  ASSERT_TRUE(issued) << issued.error().message;
  EXPECT_DOUBLE_EQ(read(*issued).trust, 0.2 + 0.25);
}

TEST_P(AdTest, OneAfterTheOther) {
  const auto [id, challenge] = started(ad());
  const auto [other, other_challenge] = started(ad(30));
  std::string nonce = challenge["nonce"], other_nonce = other_challenge["nonce"];
  beat(id, nonce, 0s);
  EXPECT_EQ(reason_of(beat(other, other_nonce, 1s)), "ad_elsewhere");
  EXPECT_EQ(watched(beat(id, nonce, 4s)), 5);
  actions_ = make_node();
  EXPECT_EQ(reason_of(beat(other, other_nonce, 5s)), "ad_elsewhere");
  EXPECT_EQ(watched(beat(other, other_nonce, 8s)), 0);  // 13 s without a beat of the first
}

TEST_P(AdTest, AHouseholdWatchesAFarmDoesNot) {
  const auto begin = [&](int n) {
    const std::string viewer = "viewer-" + std::to_string(n);
    const auto [id, challenge] = started(ad(), viewer);
    std::string nonce = challenge["nonce"];
    return reason_of(beat(id, nonce, 0s, true, true, viewer));
  };
  for (int i = 0; i < 8; ++i) EXPECT_EQ(begin(i), "fine");
  EXPECT_EQ(begin(8), "too_many_ads");
  guest_ = std::make_shared<Guest>(Guest{.network = "4:c63364"});
  EXPECT_EQ(begin(9), "fine");
  guest_ = std::make_shared<Guest>(Guest{.network = "4:c00002"});
  clock_.advance(13s);
  EXPECT_EQ(begin(10), "fine");
}

TEST_P(AdTest, ACreativeIsATitle) {
  EXPECT_EQ(reason_of(start(testing::leaf_with(policy::Requirement::WatchAd,
                                               {{"creative", "https://ads.example"}, {"seconds", 5}}))),
            "no_verifier");
}

}  // namespace
}  // namespace swarma::access::attest
