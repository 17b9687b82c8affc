// Two nodes with databases of their own: what node A verifies opens a film of node B, if its creator allows it.
#include <gtest/gtest.h>

#include "access/attest/verifier_record.h"
#include "access/unlock/unlock.h"
#include "base/stopwatch.h"
#include "harness.h"

namespace swarma::test {
namespace {

std::string policy_naming(const std::string& issuers) {
  return R"({"issuers":)" + issuers +
         R"(,"paths":[{"grants":{"slots":[0,8],"ttl_s":60},"id":"main","requires":{"params":{"text":"I will tell a friend."},"requirement":"goodwill_ack"}}],"version":1})";
}

struct TwoIssuers : ::testing::Test {
  TemporaryFolder folder_a, folder_b;
  std::optional<RunningNode> a{std::in_place, folder_a.path()};
  RunningNode b{folder_b.path()};
  std::string issuer_a = a->owner().signing.did().text();
  FakeTitle title = make_title(b.owner(), policy_naming(R"({"allow":[")" + issuer_a + R"("]})"));
  TestViewer at_b{b.url()};
  TestViewer at_a{a->url(), at_b.signing()};  // the same viewer
  TestViewer owner_of_b{b.url(), b.owner().signing};

  void SetUp() override {
    const auto done = publish(title, b.url(), b.owner());
    ASSERT_TRUE(done) << done.error().message;
    ASSERT_EQ(list_a().status, 200);
  }
  Answer list_a() {
    return owner_of_b.post("/v1/verifiers", {{"record", at_a.get("/v1/verifiers").body.value("record", "")}});
  }
  Answer start_at_a(const FakeTitle& of, const std::string& with_record) {
    const Json offer = at_b.post("/v1/requirements/offer", {{"title_id", of.record.id.text()}}).body;
    Json body = {{"title_id", of.record.id.text()},
                 {"requirement", "goodwill_ack"},
                 {"key", offer.at("paths").at(0).at("requires").at("key")}};
    if (!with_record.empty()) body["record"] = with_record;
    return at_a.post("/v1/actions/start", body);
  }
  std::string attested_by_a(const FakeTitle& of) {
    const Answer started = start_at_a(of, of.jws);
    EXPECT_EQ(started.status, 200) << started.body.dump();
    const std::string text = started.body.at("challenge").at("text");
    const Answer done =
        at_a.post("/v1/actions/complete",
                  {{"action_id", started.body.at("action_id")},
                   {"response", {{"accepted", true}, {"text_hash", to_base64url(crypto::sha256(view(text)))}}}});
    EXPECT_EQ(done.status, 200) << done.body.dump();
    return done.body.value("attestation", "");
  }
  /// Once B has heard of A what was revoked there.
  Answer unlock(TestViewer& viewer, const FakeTitle& of, const std::string& attestation) {
    const Stopwatch waiting;
    for (;;) {
      const Answer answer =
          viewer.post("/v1/keys/request", viewer.key_request(of.record, "main", {0, 8}, {attestation}));
      if (answer.reason() != "issuer_being_asked" || waiting.elapsed() > std::chrono::seconds(20)) return answer;
    }
  }
  std::string reason_at_b(const std::string& attestation) { return unlock(at_b, title, attestation).reason(); }
};

TEST_F(TwoIssuers, WhatAVerifiesOpensAFilmOfBOnceAndForItsViewer) {
  const std::string attestation = attested_by_a(title);
  TestViewer thief(b.url());
  EXPECT_EQ(unlock(thief, title, attestation).reason(), "attestation_wrong_viewer");
  const Answer opened = unlock(at_b, title, attestation);
  EXPECT_EQ(opened.status, 200) << opened.body.dump();
  EXPECT_EQ(reason_at_b(attestation), "attestation_used");
}

TEST_F(TwoIssuers, AnAttestationIsForOneTitle) {
  const FakeTitle other = make_title(b.owner(), title.record.policy);
  ASSERT_TRUE(publish(other, b.url(), b.owner()));
  EXPECT_EQ(reason_at_b(attested_by_a(other)), "attestation_wrong_title");
}

TEST_F(TwoIssuers, ATitleWhoseCreatorDoesNotNameAGetsNothingOfA) {
  const FakeTitle silent = make_title(b.owner(), policy_naming("{}"));
  ASSERT_TRUE(publish(silent, b.url(), b.owner()));
  EXPECT_EQ(start_at_a(silent, silent.jws).reason(), "issuer_not_trusted");
  EXPECT_EQ(start_at_a(title, "").reason(), "title_not_found");
  EXPECT_EQ(start_at_a(title, silent.jws).reason(), "bad_member");
  std::string forged = title.jws;
  forged[forged.size() - 10] = forged[forged.size() - 10] == 'A' ? 'B' : 'A';
  EXPECT_EQ(start_at_a(title, forged).reason(), "record_forged");
}

TEST_F(TwoIssuers, ACreatorWhoChangesHisMindIsHeard) {
  const std::string attestation = attested_by_a(title);
  const FakeTitle later = make_title(b.owner(), policy_naming(R"({"deny":[")" + issuer_a + R"("]})"), 8, "{}", &title);
  ASSERT_TRUE(publish(later, b.url(), b.owner()));
  EXPECT_EQ(unlock(at_b, later, attestation).reason(), "issuer_not_trusted");
}

TEST_F(TwoIssuers, WhatIsRevokedAtAOpensNothingAtB) {
  const std::string revoked = attested_by_a(title), kept = attested_by_a(title);
  const auto payload = crypto::peek_jws(revoked);
  ASSERT_EQ(at_a.post("/v1/attestations/revoke", {{"attestation_id", payload->at("attestation_id")}}).status, 200);
  EXPECT_EQ(reason_at_b(revoked), "attestation_revoked");
  EXPECT_EQ(unlock(at_b, title, kept).status, 200);
}

TEST_F(TwoIssuers, WhileADoesNotAnswerItsLastWordHoldsForFiveMinutes) {
  const std::string first = attested_by_a(title), second = attested_by_a(title), third = attested_by_a(title);
  ASSERT_EQ(unlock(at_b, title, first).status, 200);
  a.reset();
  test_clock().advance(std::chrono::minutes(2));
  EXPECT_EQ(unlock(at_b, title, second).status, 200);
  test_clock().advance(std::chrono::minutes(4));
  EXPECT_EQ(reason_at_b(third), "issuer_silent");
}

TEST_F(TwoIssuers, AViewersProgramGoesToTheVerifierThatTheTermsName) {
  net::HttpClient http;
  access::unlock::Unlocker unlocker(http, b.url(), test_clock(), {at_b.signing(), at_b.decryption()}, title.record);
  const auto unlocked = unlocker.unlock({.accept_goodwill = true});
  ASSERT_TRUE(unlocked) << unlocked.error().message;
  EXPECT_EQ(unlocked->grant.slots, (SlotRange{0, 8}));
  // A node that lists nobody knows nobody to send it to.
  ASSERT_EQ(owner_of_b.post("/v1/verifiers/remove", {{"issuer", issuer_a}}).status, 200);
  const auto refused = unlocker.unlock({.accept_goodwill = true});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "cannot_meet");
}

TEST_F(TwoIssuers, OnlyTheOwnerListsOthersAndOnlyWhatTheySigned) {
  const std::string record = at_a.get("/v1/verifiers").body.at("record");
  TestViewer stranger(b.url());
  EXPECT_EQ(stranger.post("/v1/verifiers", {{"record", record}}).reason(), "not_owner");
  EXPECT_EQ(owner_of_b.post("/v1/verifiers", {{"record", record + "A"}}).reason(), "verifier_record_bad");
  EXPECT_EQ(owner_of_b.post("/v1/verifiers", {{"record", at_b.get("/v1/verifiers").body.at("record")}}).reason(),
            "verifier_is_own");
  // Signed by A's key, but not such a list.
  EXPECT_EQ(owner_of_b.post("/v1/verifiers", {{"record", attested_by_a(title)}}).reason(), "verifier_record_bad");
  const auto sign = [&](std::chrono::seconds ago, std::chrono::seconds life) {
    const Instant at = test_clock().now() - ago;
    return *access::attest::sign_verifier_record({.issuer = a->owner().signing.did(),
                                                  .url = a->url(),
                                                  .issued_at = at,
                                                  .expires_at = Expiry(at, life),
                                                  .verifiers = {}},
                                                 a->owner().signing);
  };
  using std::chrono::hours;
  EXPECT_EQ(owner_of_b.post("/v1/verifiers", {{"record", sign(hours(2), hours(24))}}).reason(),
            "verifier_record_older");
  EXPECT_EQ(owner_of_b.post("/v1/verifiers", {{"record", sign(hours(25), hours(24))}}).reason(),
            "verifier_record_expired");
  EXPECT_EQ(owner_of_b.post("/v1/verifiers", {{"record", sign(-hours(1), hours(24))}}).reason(),
            "verifier_record_expired");
  EXPECT_EQ(owner_of_b.post("/v1/verifiers", {{"record", sign(hours(0), hours(24 * 60))}}).reason(),
            "verifier_record_expired");
  EXPECT_EQ(list_a().status, 200);  // the same once more
  EXPECT_EQ(owner_of_b.post("/v1/verifiers/remove", {{"issuer", issuer_a}}).status, 200);
  EXPECT_EQ(owner_of_b.post("/v1/verifiers/remove", {{"issuer", issuer_a}}).reason(), "verifier_unknown");
}

TEST_F(TwoIssuers, TheListTellsWhoVerifiesWhatAndHowItFared) {
  const auto find = [](const Json& answer, const std::string& issuer, const std::string& requirement) {
    for (const Json& one : answer.at("verifiers"))
      if (one.at("issuer") == issuer && one.at("requirement") == requirement) return one;
    return Json();
  };
  const Json lacking = find(at_a.get("/v1/verifiers").body, issuer_a, "email_verify");
  EXPECT_EQ(lacking.value("status", ""), "lacking");
  EXPECT_FALSE(lacking.value("lacks", "").empty());
  const std::string used = attested_by_a(title), revoked = attested_by_a(title);
  ASSERT_EQ(unlock(at_b, title, used).status, 200);
  ASSERT_EQ(at_a.post("/v1/attestations/revoke", {{"attestation_id", crypto::peek_jws(revoked)->at("attestation_id")}})
                .status,
            200);
  const Json own = find(at_a.get("/v1/verifiers").body, issuer_a, "goodwill_ack");
  EXPECT_EQ(own.at("reputation"), (Json{{"issued", 2}, {"used", 0}, {"revoked", 1}, {"contradicted", 0}}));
  EXPECT_EQ(own.at("health").value("last_success", std::int64_t{0}), test_clock().now().unix_s());
  const Json foreign = find(at_b.get("/v1/verifiers").body, issuer_a, "goodwill_ack");
  EXPECT_EQ(foreign.at("reputation"), (Json{{"issued", 1}, {"used", 1}, {"revoked", 0}, {"contradicted", 0}}));
  EXPECT_EQ(foreign.value("url", ""), a->url());
  EXPECT_EQ(foreign.value("status", ""), "available");
  // What is forgotten is still counted.
  test_clock().advance(std::chrono::hours(3));
  a->tidy_up();
  EXPECT_EQ(find(at_a.get("/v1/verifiers").body, issuer_a, "goodwill_ack").at("reputation"), own.at("reputation"));
}

}  // namespace
}  // namespace swarma::test
