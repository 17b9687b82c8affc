// A key agent at home and a node that has its creator's titles, over a real WebSocket: the node never opens anything.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <thread>

#include "access/grant/acceptance.h"
#include "access/policy/grant_claims.h"
#include "harness.h"
#include "node/home_lines.h"

namespace swarma::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kTerms =
    R"({"paths":[{"grants":{},"id":"kind","requires":{"params":{"text":"I promise."},"requirement":"goodwill_ack"}},)"
    R"({"grants":{},"id":"code","requires":{"params":{"list":"friends"},"requirement":"allowlist_token"}}],"version":1})";

/// What an agent has told its people, from any thread.
struct Heard {
  void add(const std::string& sentence) {
    const std::lock_guard lock(mutex);
    sentences.push_back(sentence);
  }
  bool has(std::string_view part) const {
    const std::lock_guard lock(mutex);
    return std::ranges::any_of(sentences, [&](const auto& one) { return one.find(part) != one.npos; });
  }
  mutable std::mutex mutex;
  std::vector<std::string> sentences;
};

/// Until it holds, for some seconds at most.
bool comes_true(const std::function<bool()>& condition) {
  for (int i = 0; i < 500; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(20ms);
  }
  return false;
}

class AgentAtHome : public ::testing::Test {
 protected:
  std::string token_for(const crypto::Identity& identity) {
    const Answer answer = TestViewer(node.url(), node.owner().signing)
                              .post("/v1/tokens", {{"did", identity.signing.did().text()}, {"ttl_s", 3600}});
    EXPECT_EQ(answer.status, 201);
    return answer.body.value("token", "");
  }
  Result<void> publish_from_home(content::publish::HttpPublishPort::Accept accept) {
    net::HttpClient http;
    client::Node client(http, {.url = node.url(), .token = token, .patience = {.attempts = 1}}, home.signing,
                        test_clock());
    const auto sink = content::publish::make_http_blob_sink(client);
    for (const auto& [id, bytes] : title.blobs) SWARMA_RETURN_IF_ERROR(sink->put(id, bytes));
    SWARMA_RETURN_IF_ERROR(sink->flush());
    return content::publish::HttpPublishPort(client, std::move(accept)).publish(title.jws, title.sealed);
  }
  Result<std::string> accept(const crypto::Identity& identity, const std::string& record, const std::string& sealed) {
    access::grant::LocalKeyAgent agent(identity.signing, identity.decryption);
    return access::grant::sign_acceptance(agent, identity.signing, identity.master, record, sealed);
  }
  void publish_from_home() {
    const auto done =
        publish_from_home([&](const auto& record, const auto& sealed) { return accept(home, record, sealed); });
    ASSERT_TRUE(done) << done.error().message;
  }
  std::unique_ptr<node::HomeLines> call(const crypto::Identity& identity, std::string with_token) {
    auto lines =
        node::HomeLines::open({.fabrics = {node.url()}, .token = std::move(with_token), .ca_file = {}}, identity,
                              test_clock(), [this](const auto&, const std::string& said) { heard.add(said); });
    EXPECT_TRUE(lines) << lines.error().message;
    return *std::move(lines);
  }
  std::string state() { return viewer.get("/v1/titles/" + title.record.id.text()).body.value("agent", ""); }
  bool becomes(const std::string& wanted) {
    return comes_true([&] { return state() == wanted; });
  }
  Answer ask(const std::string& attestation) {
    return viewer.post("/v1/keys/request", viewer.key_request(title.record, "kind", {0, 8}, {attestation}));
  }
  std::string attest() { return viewer.attest(title.record.id.text(), "goodwill_ack"); }

  TemporaryFolder folder;
  RunningNode node{folder / "node"};
  const crypto::Identity home{crypto::SigningKey::generate(), crypto::DecryptionKey::generate(), crypto::random_key()};
  const std::string token = token_for(home);
  FakeTitle title = make_title(home, kTerms, 8, R"({"friends":[{"code":"OPEN-SESAME"}]})");
  TestViewer viewer{node.url()};
  Heard heard;
};

TEST_F(AgentAtHome, GivesOutTheKeysOfItsTitles) {
  publish_from_home();
  const auto agent = call(home, token);
  ASSERT_TRUE(becomes("here"));
  EXPECT_TRUE(heard.has("Connected"));
  EXPECT_EQ(viewer.post("/v1/requirements/offer", {{"title_id", title.record.id.text()}}).body.at("agent"), "here");
  const Answer answer = ask(attest());
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto claims = access::policy::verify_grant(answer.body.at("grant").get<std::string>(), home.signing.did());
  ASSERT_TRUE(claims) << claims.error().message;
  EXPECT_TRUE(access::policy::open_covers(*claims, viewer.decryption()));
}

TEST_F(AgentAtHome, ItsCodesAreKnownToTheNodeByTheirHashes) {
  publish_from_home();
  const auto agent = call(home, token);
  ASSERT_TRUE(becomes("here"));
  const std::string attestation = viewer.attest(title.record.id.text(), "allowlist_token", {{"code", "OPEN-SESAME"}});
  const Answer answer =
      viewer.post("/v1/keys/request", viewer.key_request(title.record, "code", {0, 8}, {attestation}));
  EXPECT_EQ(answer.status, 200) << answer.body;
}

TEST_F(AgentAtHome, WhileItIsAwayThatIsSaidAndNothingIsLost) {
  publish_from_home();
  EXPECT_EQ(state(), "away");
  const std::string attestation = attest();
  const Answer refused = ask(attestation);
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.reason(), "agent_away");
  auto agent = call(home, token);
  ASSERT_TRUE(becomes("here"));
  EXPECT_EQ(ask(attestation).status, 200);
  const std::string another = attest();
  agent.reset();
  ASSERT_TRUE(becomes("away"));
  EXPECT_EQ(ask(another).reason(), "agent_away");
  agent = call(home, token);
  ASSERT_TRUE(becomes("here"));
  EXPECT_EQ(ask(another).status, 200);
}

TEST_F(AgentAtHome, OfTwoOneIsEnough) {
  publish_from_home();
  auto first = call(home, token), second = call(home, token);
  ASSERT_TRUE(becomes("here"));
  EXPECT_EQ(ask(attest()).status, 200);
  first.reset();
  EXPECT_EQ(ask(attest()).status, 200);
}

TEST_F(AgentAtHome, StrangersAreNotLetIn) {
  publish_from_home();
  const auto without = call(home, "");
  EXPECT_TRUE(comes_true([&] { return heard.has("Only the owner"); }));
  const crypto::Identity stranger{crypto::SigningKey::generate(), crypto::DecryptionKey::generate(),
                                  crypto::random_key()};
  const auto with_stolen_token = call(stranger, token);
  EXPECT_TRUE(comes_true([&] { return heard.has("another key"); }));
  EXPECT_EQ(state(), "away");
}

TEST_F(AgentAtHome, ATitleIsPublishedWithTheWordOfItsAgentOnly) {
  EXPECT_EQ(publish_from_home({}).error().reason, "other_agent");
  const auto with = [&](auto accept) { return publish_from_home(std::move(accept)).error().reason; };
  const FakeTitle other = make_title(home, kTerms);
  EXPECT_EQ(with([&](const auto&, const auto&) { return accept(home, other.jws, other.sealed); }), "acceptance_bad");
  EXPECT_EQ(with([&](const auto&, const auto&) -> Result<std::string> { return "a.b.c"; }), "acceptance_bad");
  const FakeTitle foreign = make_title(node.owner(), kTerms);
  EXPECT_EQ(with([&](const auto&, const auto&) { return accept(node.owner(), foreign.jws, foreign.sealed); }),
            "acceptance_bad");
}

}  // namespace
}  // namespace swarma::test
