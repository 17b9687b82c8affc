// Memberships over HTTP, on two nodes of one database.
#include <gtest/gtest.h>

#include <deque>

#include "access/pass/holder_testing.h"
#include "access/pass/status_list.h"
#include "access/policy/grant_claims.h"
#include "crypto/jws.h"
#include "db/database_testing.h"
#include "harness.h"

namespace swarma::test {
namespace {

constexpr const char* kSells =
    R"({"paths":[{"grants":{"pass":{"life_s":86400,"tier":"gold"}},"id":"join","requires":{"params":{"text":"I join."},"requirement":"goodwill_ack"}},{"grants":{"ttl_s":60},"id":"members","requires":{"params":{"pass":"gold"},"requirement":"allowlist_token"}}],"version":1})";
constexpr const char* kMembers =
    R"({"paths":[{"grants":{"ttl_s":60},"id":"members","requires":{"params":{"pass":"gold"},"requirement":"allowlist_token"}}],"version":1})";

class Memberships : public ::testing::TestWithParam<db::testing::Engine> {
 protected:
  void SetUp() override {
    auto made = db::testing::make_test_database(GetParam());
    ASSERT_TRUE(made) << made.error().message;
    database_.emplace(*std::move(made));
    a_.emplace(folder_.path(), database_->url());
    b_.emplace(folder_.path(), database_->url());
    for (const char* policy : {kSells, kMembers, kMembers}) {
      titles_.push_back(make_title(a_->owner(), policy));
      const auto done = publish(titles_.back(), a_->url(), a_->owner());
      ASSERT_TRUE(done) << done.error().message;
    }
  }
  std::string holder_proof(const TestViewer& viewer, const std::string& nonce) {
    return access::pass::testing::prove_holder(holder_, {viewer.signing().jkt(), nonce, test_clock().now()}).value();
  }
  Answer buy(TestViewer& viewer) {
    const title::TitleRecord& record = titles_[0].record;
    const std::string attestation = viewer.attest(record.id.text(), "goodwill_ack");
    return viewer.post("/v1/passes/request", {{"title_id", record.id.text()},
                                              {"revision", record.revision},
                                              {"path", "join"},
                                              {"attestations", {attestation}},
                                              {"holder", holder_proof(viewer, record.id.text())}});
  }
  Answer show(TestViewer& viewer, const title::TitleRecord& record, const std::string& pass) {
    const Answer offer = viewer.post("/v1/requirements/offer", {{"title_id", record.id.text()}});
    const Json leaf = offer.body["paths"].back()["requires"];
    EXPECT_EQ(leaf["available"], true);
    const Answer started =
        viewer.post("/v1/actions/start",
                    {{"title_id", record.id.text()}, {"requirement", "allowlist_token"}, {"key", leaf["key"]}});
    EXPECT_EQ(started.status, 200) << started.body.dump();
    const std::string id = started.body.value("action_id", "");
    return viewer.post("/v1/actions/complete",
                       {{"action_id", id}, {"response", {{"pass", pass}, {"holder", holder_proof(viewer, id)}}}});
  }
  Answer unlock(TestViewer& viewer, const title::TitleRecord& record, const std::string& pass) {
    const Answer shown = show(viewer, record, pass);
    if (shown.status != 200) return shown;
    return viewer.post("/v1/keys/request",
                       viewer.key_request(record, "members", {0, 8}, {shown.body["attestation"].get<std::string>()}));
  }
  static Answer get(TestViewer& viewer, const RunningNode& node, const std::string& path) {
    return TestViewer::send(node.url(), viewer.prove({.method = "GET", .path = path, .headers = {}, .body = {}}));
  }
  Answer roll_on(TestViewer& viewer, const title::TitleRecord& record, const std::string& grant) {
    Json body = viewer.key_request(record, "members", {0, 8}, {});
    body.erase("attestations");
    body["unlock"] = grant;
    return viewer.post("/v1/keys/request", body);
  }

  TemporaryFolder folder_;
  std::optional<db::testing::TestDatabase> database_;
  std::optional<RunningNode> a_, b_;
  std::vector<FakeTitle> titles_;
  crypto::SigningKey holder_ = crypto::SigningKey::generate();
};
INSTANTIATE_TEST_SUITE_P(Engines, Memberships, ::testing::ValuesIn(db::testing::kEngines), db::testing::engine_name);

TEST_P(Memberships, BoughtOnceOpensThreeTitlesOnTwoNodesAndNoneAfterItIsRevoked) {
  TestViewer buyer(a_->url());
  const Answer bought = buy(buyer);
  ASSERT_EQ(bought.status, 200) << bought.body.dump();
  const std::string pass = bought.body["pass"];
  // A key of its own for every title, and every other one at the other node.
  std::deque<TestViewer> viewers;
  viewers.emplace_back(b_->url());
  viewers.emplace_back(a_->url());
  viewers.emplace_back(b_->url());
  std::vector<std::string> grants;
  for (std::size_t i = 0; i < titles_.size(); ++i) {
    const Answer granted = unlock(viewers[i], titles_[i].record, pass);
    ASSERT_EQ(granted.status, 200) << granted.body.dump();
    grants.push_back(granted.body["grant"]);
    EXPECT_EQ(roll_on(viewers[i], titles_[i].record, grants.back()).status, 200);
  }

  TestViewer stranger(a_->url()), owner(b_->url(), b_->owner().signing);
  EXPECT_EQ(get(stranger, *a_, "/v1/passes").status, 403);
  const Answer listed = get(owner, *b_, "/v1/passes");
  ASSERT_EQ(listed.body["passes"].size(), 1u) << listed.body.dump();
  EXPECT_EQ(listed.body["passes"][0]["tier"], "gold");
  EXPECT_FALSE(listed.body["passes"][0].contains("pass"));  // the credential is its holder's
  const Json revoke = {{"pass_id", listed.body["passes"][0]["pass_id"]}};
  EXPECT_EQ(stranger.post("/v1/passes/revoke", revoke).status, 403);
  ASSERT_EQ(owner.post("/v1/passes/revoke", revoke).status, 200);

  for (std::size_t i = 0; i < titles_.size(); ++i) {
    EXPECT_EQ(unlock(viewers[i], titles_[i].record, pass).reason(), "pass_revoked");
    EXPECT_EQ(roll_on(viewers[i], titles_[i].record, grants[i]).reason(), "grant_revoked");
  }
  EXPECT_EQ(get(owner, *b_, "/v1/passes").body["passes"][0]["state"], "revoked");
}

TEST_P(Memberships, AnAnswerThatGotLostIsFetchedWithTheHoldersKey) {
  TestViewer buyer(a_->url());
  const std::string pass = buy(buyer).body["pass"];
  TestViewer holder(b_->url(), holder_);
  const Answer held = get(holder, *b_, "/v1/passes/held");
  ASSERT_EQ(held.body["passes"].size(), 1u) << held.body.dump();
  EXPECT_EQ(held.body["passes"][0]["pass"], pass);
  EXPECT_TRUE(get(buyer, *a_, "/v1/passes/held").body["passes"].empty());
}

TEST_P(Memberships, TheCreatorHandsOnesOutAndAnybodySeesWhichAreGone) {
  TestViewer owner(a_->url(), a_->owner().signing), holder(b_->url(), holder_);
  const Answer given = owner.post(
      "/v1/passes", {{"holder", holder_.jkt()}, {"tier", "gold"}, {"titles", {titles_[1].record.id.text()}}});
  ASSERT_EQ(given.status, 201) << given.body.dump();
  const std::string pass = given.body["pass"];
  TestViewer viewer(b_->url());
  EXPECT_EQ(unlock(viewer, titles_[1].record, pass).status, 200);
  EXPECT_EQ(unlock(viewer, titles_[2].record, pass).reason(), "pass_other_title");
  EXPECT_EQ(owner.post("/v1/passes", {{"holder", "somebody"}, {"tier", "gold"}}).status, 400);
  EXPECT_EQ(owner.post("/v1/passes", {{"holder", holder_.jkt()}, {"tier", "Gold!"}}).status, 400);

  const Json claims = crypto::peek_jws(pass).value();
  const std::string list = claims["credentialStatus"]["statusListCredential"];
  net::HttpClient http;
  const auto served = http.send({.url = list});
  ASSERT_TRUE(served) << served.error().message;
  EXPECT_EQ(served->headers.get("Content-Type"), "application/vc+jwt");
  const auto read = access::pass::verify_status_list(served->body, list, a_->owner().signing.did(), test_clock().now());
  ASSERT_TRUE(read) << read.error().message;
  const auto index =
      static_cast<std::uint32_t>(std::stoul(claims["credentialStatus"]["statusListIndex"].get<std::string>()));
  EXPECT_FALSE(read->get(index));
  ASSERT_EQ(owner.post("/v1/passes/revoke", {{"pass_id", claims["id"].get<std::string>().substr(16)}}).status, 200);
  const auto after = http.send({.url = list});
  EXPECT_TRUE(
      access::pass::verify_status_list(after->body, list, a_->owner().signing.did(), test_clock().now())->get(index));
}

}  // namespace
}  // namespace swarma::test
