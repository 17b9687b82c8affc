#include "client/node.h"

#include <gtest/gtest.h>

#include "base/testing.h"
#include "client/node_testing.h"

namespace swarma::client {
namespace {

using testing::FakeNode;

class Clients : public ::testing::Test {
 protected:
  NodeOptions options(std::string token = {}) const {
    return {
        .url = node_.url() + "/", .token = std::move(token), .patience = {.first_pause = std::chrono::milliseconds(1)}};
  }

  crypto::SigningKey key_ = crypto::SigningKey::generate();
  FakeClock clock_;
  FakeNode node_{key_.did()};
  net::HttpClient http_;
  Node client_{http_, options(), key_, clock_};
};

TEST_F(Clients, PostJsonWithAProofAndAKey) {
  const auto answer = client_.post("/v1/echo", {{"a", 1}});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->dump(), R"({"a":1})");
  ASSERT_TRUE(client_.post("/v1/echo", {{"a", 1}}));
  ASSERT_EQ(node_.keys.size(), 2u);
  EXPECT_FALSE(node_.keys[0].empty());
  EXPECT_NE(node_.keys[0], node_.keys[1]);
}

TEST_F(Clients, LearnTheirNonceWithTheNodesName) {
  const auto info = client_.read_info();
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->name, "fake");
  EXPECT_TRUE(info->owner == key_.did());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(client_.post("/v1/echo", Json::object()));
  EXPECT_EQ(node_.asked_for_nonce, 0);
}

TEST_F(Clients, TakeANewNonceWhenTheOldOneHasEnded) {
  ASSERT_TRUE(client_.read_info());
  {
    const std::lock_guard lock(node_.mutex);
    node_.nonce = "nonce-2";
  }
  ASSERT_TRUE(client_.post("/v1/echo", Json::object()));
  ASSERT_TRUE(client_.post("/v1/echo", Json::object()));
  EXPECT_EQ(node_.asked_for_nonce, 1);
}

TEST_F(Clients, AskABusyNodeAgain) {
  node_.busy = 3;
  EXPECT_TRUE(client_.post("/v1/echo", Json::object()));
  EXPECT_EQ(node_.keys.size(), 1u);
}

TEST_F(Clients, GiveUpOnANodeThatStaysBusy) {
  node_.busy = 1'000;
  const auto refused = client_.send_signed("POST", "/v1/echo", {}, "{}");
  EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
  EXPECT_EQ(refused.error().reason, "busy");
  EXPECT_EQ(node_.busy, 994);
}

TEST_F(Clients, DoNotWaitForANodeThatAsksForTooMuch) {
  node_.busy = 10;
  node_.retry_after = "3600";
  EXPECT_EQ(client_.send_signed("POST", "/v1/echo", {}, "{}").error().retry_after, std::chrono::hours(1));
  EXPECT_EQ(node_.busy, 9);
  node_.busy = 2;
  node_.retry_after = "0";
  EXPECT_TRUE(client_.send_signed("POST", "/v1/echo", {}, "{}"));
}

TEST_F(Clients, PassTheNodesRefusalOn) {
  node_.refuse = "not_owner";
  const auto refused = client_.post("/v1/echo", Json::object());
  EXPECT_EQ(refused.error().code, ErrorCode::Forbidden);
  EXPECT_EQ(refused.error().reason, "not_owner");
  EXPECT_EQ(refused.error().message, "You may not.");
}

TEST_F(Clients, CarryTheTokenOfAnotherOwner) {
  Node borrower(http_, options("a.token.here"), key_, clock_);
  EXPECT_TRUE(borrower.post("/v1/echo", Json::object()));  // the fake checks that the proof covers the token
}

TEST_F(Clients, SayWhenThereIsNobody) {
  Node client(http_, {.url = "http://127.0.0.1:9", .token = {}, .patience = {.attempts = 2, .first_pause = {}}}, key_,
              clock_);
  EXPECT_EQ(client.send_signed("POST", "/v1/echo", {}, "{}").error().code, ErrorCode::Unavailable);
  EXPECT_EQ(client.read_info().error().code, ErrorCode::Unavailable);
}

TEST_F(Clients, TellANodeFromSomethingElse) {
  EXPECT_EQ(get_json(http_, node_.url() + "/nothing").error().code, ErrorCode::NotFound);
  EXPECT_EQ(read_node_info(http_, node_.url() + "/elsewhere").error().reason, "not_a_node");
}

}  // namespace
}  // namespace swarma::client
