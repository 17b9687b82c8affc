// The agent at home sees for itself, whatever a fabric tells it; and what the two say to each other.
#include "access/grant/home_agent.h"

#include <gtest/gtest.h>

#include "access/grant/agent_testing.h"

namespace swarma::access::grant {

using namespace grant::testing;
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kPolicy = R"({"version":1,"paths":[
  {"id":"kind","requires":{"requirement":"goodwill_ack","params":{"text":"Kind."}},
   "grants":{"max_plays":2,"geo":{"allow":["DE"]}}}]})";

struct HomeAgentTest : ::testing::Test {
  std::string attested(const SigningViewer& viewer, const crypto::SigningKey& verifier) {
    const auto policy = policy::parse_policy_text(title_.record.policy).value();
    return viewer.attest(title_, policy.paths()[0].leaves[0], verifier, clock_.now());
  }
  OrderMessage order(std::vector<std::string> attestations) {
    const KeyRequest request = viewer_.ask(title_, "kind", {0, 10}, clock_.now(), std::move(attestations));
    return {.id = "o1",
            .record = title_.published.record,
            .sealed = title_.published.sealed,
            .request = request.body,
            .proof = request.dpop,
            .now = clock_.now(),
            .country = "DE",
            .uses = {}};
  }
  OrderMessage order() { return order({attested(viewer_, fabric_)}); }
  std::string reason(const OrderMessage& order) {
    const AnswerMessage answer = home_.answer(order, fabric_.did().text());
    EXPECT_EQ(answer.id, order.id);
    return answer.grant.empty() ? answer.reason : "fine";
  }

  FakeClock clock_;
  TestCreator creator_;
  crypto::SigningKey fabric_ = crypto::SigningKey::generate();
  SigningViewer viewer_;
  TestTitle title_ = make_test_title(creator_, kPolicy);
  LocalKeyAgent local_{creator_.signing, creator_.decryption};
  LocalPassAgent passes_{creator_.signing};
  HomeAgent home_{local_, passes_, clock_};
};

TEST_F(HomeAgentTest, GrantsWhatTheViewerAskedFor) {
  const AnswerMessage answer = home_.answer(order(), fabric_.did().text());
  ASSERT_EQ(answer.reason, "");
  const auto claims = policy::verify_grant(answer.grant, creator_.signing.did()).value();
  EXPECT_EQ(claims.viewer, viewer_.signing.jkt());
  EXPECT_TRUE(policy::open_covers(claims, viewer_.decryption));
}

TEST_F(HomeAgentTest, AFabricCannotPutItsOwnKeyInTheViewersPlace) {
  OrderMessage changed = order();
  const std::string theirs = viewer_.decryption.encryption_key().jwk()["x"].get<std::string>();
  const std::string ours = crypto::DecryptionKey::generate().encryption_key().jwk()["x"].get<std::string>();
  changed.request.replace(changed.request.find(theirs), theirs.size(), ours);
  EXPECT_EQ(reason(changed), "viewer_proof_bad");
  SigningViewer thief;  // who has the viewer's attestations and signs the request with a key of its own
  changed.proof = thief.prove(changed.request, clock_.now());
  EXPECT_EQ(reason(changed), "attestation_wrong_viewer");
}

TEST_F(HomeAgentTest, AFabricCannotMakeUpWhatTheTermsAsk) {
  EXPECT_EQ(reason(order({})), "policy_unmet");
  EXPECT_EQ(reason(order({attested(viewer_, crypto::SigningKey::generate())})), "issuer_not_trusted");
  EXPECT_EQ(reason(order({attested(SigningViewer(), fabric_)})), "attestation_wrong_viewer");
  EXPECT_EQ(home_.answer(order(), crypto::SigningKey::generate().did().text()).reason, "issuer_not_trusted");
  OrderMessage elsewhere = order();
  elsewhere.country = "FR";
  EXPECT_EQ(reason(elsewhere), "policy_unmet");
  OrderMessage often = order();
  often.uses = {.unlocks = 2, .last_unlock = clock_.now()};
  EXPECT_EQ(reason(often), "policy_unmet");
}

TEST_F(HomeAgentTest, AFabricsTimeIsTakenWhileItIsThatOfTheAgent) {
  OrderMessage late = order();
  clock_.advance(kClockSkew);
  EXPECT_EQ(reason(late), "fine");
  clock_.advance(1s);
  EXPECT_EQ(reason(late), "clock_differs");
  late.now = clock_.now();  // of a request that was signed long ago
  EXPECT_EQ(reason(late), "viewer_proof_bad");
  OrderMessage ahead = order();
  ahead.now = clock_.now() + kClockSkew + 1s;
  EXPECT_EQ(reason(ahead), "clock_differs");
}

TEST_F(HomeAgentTest, OnlyPackagesOfThisAgentAreOpened) {
  OrderMessage foreign = order();
  foreign.sealed = make_test_title(TestCreator(), kPolicy).published.sealed;
  EXPECT_EQ(reason(foreign), "sealed_package_bad");
  const TestTitle other = make_test_title(TestCreator(), kPolicy);
  foreign.record = other.published.record;
  EXPECT_EQ(reason(foreign), "other_agent");
}

TEST_F(HomeAgentTest, AProofIsGoodForOneConnectionToOneFabric) {
  const AgentChallenge challenge{.fabric = fabric_.did().text(), .nonce = "n1"};
  const std::string url = "https://fabric.example/v1/agents/connect";
  const std::string proof = sign_agent_proof(creator_.signing, creator_.decryption.encryption_key(), challenge, url);
  const auto agent = verify_agent_proof(proof, "n1", {"https://10.0.0.1/v1/agents/connect", url});
  ASSERT_TRUE(agent) << agent.error().message;
  EXPECT_TRUE(agent->signer == creator_.signing.did());
  EXPECT_EQ(agent->encryption, creator_.decryption.encryption_key());
  const auto reason = [&](const std::string& text, const std::string& nonce, const std::string& own) {
    return verify_agent_proof(text, nonce, {own}).error().reason;
  };
  EXPECT_EQ(reason(proof, "n2", url), "agent_proof_bad");
  EXPECT_EQ(reason(proof, "n1", "https://evil.example/v1/agents/connect"), "agent_proof_bad");
  std::string forged = proof;
  forged[forged.size() - 3] = forged[forged.size() - 3] == 'A' ? 'B' : 'A';
  EXPECT_EQ(reason(forged, "n1", url), "agent_proof_bad");
  EXPECT_EQ(reason(crypto::make_dpop_proof(creator_.signing, {.method = "POST", .url = url}, clock_.now()), "n1", url),
            "agent_proof_bad");
}

TEST_F(HomeAgentTest, MessagesComeBackAsTheyWere) {
  OrderMessage sent = order();
  sent.uses = {.unlocks = 1, .last_unlock = clock_.now()};
  const PassOrderMessage pass{.id = "o2",
                              .record = "r",
                              .request = "{}",
                              .proof = "p",
                              .now = clock_.now(),
                              .uses = {},
                              .pass_id = "i",
                              .status = {.list = "https://fabric.example/l", .signer = fabric_.did(), .index = 7}};
  for (const FromFabric& message :
       {FromFabric(sent), FromFabric(pass), FromFabric(AgentChallenge{fabric_.did().text(), "n"}),
        FromFabric(AgentWelcome{})}) {
    const std::string text = write_message(message);
    EXPECT_EQ(write_message(parse_from_fabric(text).value()), text);
  }
  for (const FromAgent& message : {FromAgent(AnswerMessage{.id = "o1", .grant = "g", .reason = {}, .message = {}}),
                                   FromAgent(AnswerMessage{.id = "o1", .grant = {}, .reason = "r", .message = "m"}),
                                   FromAgent(AgentProofMessage{.proof = "p", .token = "t"})}) {
    const std::string text = write_message(message);
    EXPECT_EQ(write_message(parse_from_agent(text).value()), text);
  }
  for (const char* bad : {"", "{}", "[]", R"({"type":"grant"})", R"({"type":"granted","id":"x","grant":""})",
                          R"({"type":"welcome","more":1} x)", R"({"type":"nothing"})"}) {
    EXPECT_FALSE(parse_from_fabric(bad)) << bad;
    EXPECT_FALSE(parse_from_agent(bad)) << bad;
  }
}

}  // namespace
}  // namespace swarma::access::grant
