// The access plane over HTTP, as a stranger meets it.
#include <gtest/gtest.h>

#include "access/policy/grant_claims.h"
#include "crypto/aead.h"
#include "db/database_testing.h"
#include "harness.h"

namespace swarma::test {
namespace {

constexpr const char* kGoodwill =
    R"({"paths":[{"grants":{"slots":[0,2],"ttl_s":60},"id":"preview"},{"grants":{"slots":[0,8],"ttl_s":60,"window_s":16},"id":"main","requires":{"params":{"text":"I will tell a friend."},"requirement":"goodwill_ack"}}],"version":1})";

std::string reason_of(const Result<void>& result) {
  return result ? "accepted" : result.error().reason;
}

struct OneNode : ::testing::Test {
  TemporaryFolder folder;
  RunningNode node{folder.path()};
  FakeTitle title = make_title(node.owner(), kGoodwill);
  TestViewer viewer{node.url()};
  std::string id = title.record.id.text();

  void SetUp() override {
    const auto done = publish(title, node.url(), node.owner());
    ASSERT_TRUE(done) << done.error().message;
  }
  /// Opens the keys of a grant and says which slots they decrypt.
  std::vector<Slot> opened_by(const std::string& grant_jws, const crypto::DecryptionKey& key) {
    std::vector<Slot> out;
    const auto claims = access::policy::verify_grant(grant_jws, node.owner().signing.did());
    const auto covers = claims ? access::policy::open_covers(*claims, key)
                               : Result<access::policy::KeyCovers>(std::unexpected(claims.error()));
    if (!covers) return out;
    crypto::KeyRing ring(title.record.slots);
    for (const auto& node_key : covers->at("sd")) EXPECT_TRUE(ring.add(node_key));
    for (Slot slot = 0; slot < title.record.slots; ++slot) {
      const auto leaf = ring.find_leaf(slot);
      if (!leaf) continue;
      const std::string url = node.url() + "/" + title.playlist.segments[slot].blob.hex() + ".m4s";
      net::HttpClient http;
      const auto blob = http.send({.url = url});
      Bytes plain;
      const auto aad = title::segment_additional_data(title.record.id, title.record.salt, title.track_id, slot);
      if (crypto::aead_open(crypto::content_key(*leaf, title.track_id), {}, *aad, view(blob->body), plain) &&
          plain == title.plain[slot])
        out.push_back(slot);
    }
    return out;
  }
};

TEST_F(OneNode, UnlocksExactlyTheSlotsAsked) {
  const std::string attestation = viewer.attest(id, "goodwill_ack");
  const Answer answer =
      viewer.post("/v1/keys/request", viewer.key_request(title.record, "main", {2, 5}, {attestation}));
  ASSERT_EQ(answer.status, 200) << answer.body.dump();
  EXPECT_EQ(opened_by(answer.body["grant"], viewer.decryption()), (std::vector<Slot>{2, 3, 4}));
}

TEST_F(OneNode, OpenPathNeedsNothing) {
  const Answer answer = viewer.post("/v1/keys/request", viewer.key_request(title.record, "preview", {0, 2}, {}));
  ASSERT_EQ(answer.status, 200) << answer.body.dump();
  EXPECT_EQ(opened_by(answer.body["grant"], viewer.decryption()), (std::vector<Slot>{0, 1}));
  EXPECT_EQ(viewer.post("/v1/keys/request", viewer.key_request(title.record, "preview", {0, 3}, {})).reason(),
            "outside_scope");
}

TEST_F(OneNode, RefusesWithoutAttestationAndSaysWhatIsMissing) {
  const Answer answer = viewer.post("/v1/keys/request", viewer.key_request(title.record, "main", {0, 2}, {}));
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(answer.reason(), "policy_unmet");
  ASSERT_EQ(answer.body["unmet"].size(), 1u);
  EXPECT_EQ(answer.body["unmet"][0]["requirement"], "goodwill_ack");
  EXPECT_FALSE(answer.body["unmet"][0]["how"].get<std::string>().empty());
}

TEST_F(OneNode, AttestationWorksOnceAndOnlyForItsViewer) {
  const std::string attestation = viewer.attest(id, "goodwill_ack");
  TestViewer thief(node.url());
  EXPECT_EQ(thief.post("/v1/keys/request", thief.key_request(title.record, "main", {0, 2}, {attestation})).reason(),
            "attestation_wrong_viewer");
  ASSERT_EQ(viewer.post("/v1/keys/request", viewer.key_request(title.record, "main", {0, 2}, {attestation})).status,
            200);
  EXPECT_EQ(viewer.post("/v1/keys/request", viewer.key_request(title.record, "main", {2, 4}, {attestation})).reason(),
            "attestation_used");
}

TEST_F(OneNode, RollsOnWithTheGrantItself) {
  const std::string attestation = viewer.attest(id, "goodwill_ack");
  const Answer first = viewer.post("/v1/keys/request", viewer.key_request(title.record, "main", {0, 4}, {attestation}));
  ASSERT_EQ(first.status, 200);
  Json next = viewer.key_request(title.record, "main", {4, 8}, {});
  next.erase("attestations");
  next["unlock"] = first.body["grant"];
  const Answer second = viewer.post("/v1/keys/request", next);
  ASSERT_EQ(second.status, 200) << second.body.dump();
  EXPECT_EQ(opened_by(second.body["grant"], viewer.decryption()), (std::vector<Slot>{4, 5, 6, 7}));
  TestViewer thief(node.url());
  Json stolen = next;
  stolen["encryption_key"] = thief.decryption().encryption_key().jwk();
  EXPECT_EQ(thief.post("/v1/keys/request", stolen).reason(), "grant_wrong_viewer");
}

TEST_F(OneNode, AnotherViewersGrantOpensNothing) {
  const std::string attestation = viewer.attest(id, "goodwill_ack");
  const Answer answer =
      viewer.post("/v1/keys/request", viewer.key_request(title.record, "main", {0, 2}, {attestation}));
  EXPECT_TRUE(opened_by(answer.body["grant"], TestViewer(node.url()).decryption()).empty());
}

TEST_F(OneNode, ProofWorksOnceForOneBodyAndOnePath) {
  const std::string body = viewer.key_request(title.record, "preview", {0, 2}, {}).dump();
  const std::string proof = viewer.make_proof("/v1/keys/request", body);
  EXPECT_EQ(viewer.post_with_proof("/v1/keys/request", body, viewer.make_proof("/v1/keys/revoke", body)).reason(),
            "invalid_dpop_proof");
  EXPECT_EQ(viewer.post_with_proof("/v1/keys/request", body + " ", proof).reason(), "invalid_dpop_proof");
  EXPECT_EQ(viewer.post_with_proof("/v1/keys/request", body, proof).status, 200);
  EXPECT_EQ(viewer.post_with_proof("/v1/keys/request", body, proof).reason(), "replayed_proof");
  EXPECT_EQ(viewer.post_with_proof("/v1/keys/request", body, "").status, 401);
}

TEST_F(OneNode, IdempotencyKeyGivesTheSameGrantAgain) {
  const Json body = viewer.key_request(title.record, "preview", {0, 2}, {});
  const Answer first = viewer.post("/v1/keys/request", body, "once");
  const Answer again = viewer.post("/v1/keys/request", body, "once");
  ASSERT_EQ(first.status, 200);
  EXPECT_EQ(first.body, again.body);
  EXPECT_EQ(viewer.post("/v1/keys/request", viewer.key_request(title.record, "preview", {0, 1}, {}), "once").reason(),
            "idempotency_key_reused");
}

TEST_F(OneNode, RevokedUnlockEndsRollingOn) {
  const std::string attestation = viewer.attest(id, "goodwill_ack");
  const Answer first = viewer.post("/v1/keys/request", viewer.key_request(title.record, "main", {0, 4}, {attestation}));
  const auto claims = access::policy::verify_grant(first.body["grant"].get<std::string>(), node.owner().signing.did());
  ASSERT_TRUE(claims);
  EXPECT_EQ(TestViewer(node.url()).post("/v1/keys/revoke", {{"unlock_id", claims->unlock_id}}).status, 404);
  EXPECT_EQ(viewer.post("/v1/keys/revoke", {{"unlock_id", claims->unlock_id}}).status, 200);
  Json next = viewer.key_request(title.record, "main", {4, 8}, {});
  next.erase("attestations");
  next["unlock"] = first.body["grant"];
  EXPECT_EQ(viewer.post("/v1/keys/request", next).reason(), "grant_revoked");
}

TEST_F(OneNode, OlderAndForgedRecordsAreRefused) {
  const FakeTitle second = make_title(node.owner(), kGoodwill, 8, "{}", &title);
  ASSERT_TRUE(publish(second, node.url(), node.owner()));
  FakeTitle older = title;  // another record of the first revision: the very same one would only be repeated
  older.record.name = "Test film, as it was";
  older.jws = *title::sign_record(older.record, node.owner().signing);
  EXPECT_EQ(reason_of(publish(older, node.url(), node.owner(), false)), "record_older");
  EXPECT_EQ(viewer.post("/v1/keys/request", viewer.key_request(title.record, "preview", {0, 2}, {})).reason(),
            "not_current_revision");
  FakeTitle forged = make_title(node.owner(), kGoodwill, 8, "{}", &second);
  forged.jws[forged.jws.size() - 10] = forged.jws[forged.jws.size() - 10] == 'A' ? 'B' : 'A';
  EXPECT_EQ(reason_of(publish(forged, node.url(), node.owner())), "record_forged");
}

/// Somebody in the middle passes on what was meant for his own address, with his own Host header.
TEST_F(OneNode, AProofForAnotherAddressIsGoodForNothing) {
  TestViewer misled(node.url(), node.owner().signing);
  ProvenRequest request{.path = "/v1/links", .headers = {}, .body = "{}"};
  request.headers.set("Content-Type", "application/json");
  request.headers.set("Host", "films.evil.example");
  const ProvenRequest relayed = misled.through("http://films.evil.example").prove(request);
  EXPECT_EQ(TestViewer::send(node.url(), relayed).reason(), "unknown_address");
  ProvenRequest local =
      TestViewer(node.url(), node.owner().signing).prove({.path = "/v1/links", .headers = {}, .body = "{}"});
  const Answer link = TestViewer::send(node.url(), local);
  EXPECT_EQ(link.status, 201);
  EXPECT_TRUE(link.body.value("link", "").starts_with(node.url() + "/studio/link#")) << link.body.dump();
}

TEST_F(OneNode, IsKnownByItsPublicUrlAndWhereItListens) {
  const TemporaryFolder other;
  const RunningNode known(other.path(), "", "https://films.example");
  const auto try_at = [&](const std::string& audience) {
    TestViewer owner(known.url(), known.owner().signing);
    return TestViewer::send(known.url(),
                            owner.through(audience).prove({.path = "/v1/links", .headers = {}, .body = "{}"}));
  };
  EXPECT_EQ(try_at("https://films.example").body.value("link", "").substr(0, 34), "https://films.example/studio/link#");
  EXPECT_EQ(try_at(known.url()).status, 201);
  EXPECT_EQ(try_at("http://localhost" + known.url().substr(known.url().rfind(':'))).status, 201);
  EXPECT_EQ(try_at("http://films.example").reason(), "invalid_dpop_proof");
  EXPECT_EQ(try_at("https://films.evil.example").reason(), "invalid_dpop_proof");
}

/// The proof of a film that is sent whole names its hash.
TEST_F(OneNode, AFilmIsTakenForItsOwnProofOnly) {
  TestViewer owner(node.url(), node.owner().signing);
  const auto send = [&](const std::string& film, const std::string& digest) {
    ProvenRequest request =
        owner.prove({.path = "/v1/media/upload?name=Film&policy=open", .headers = {}, .body = {}}, digest);
    request.body = film;
    return TestViewer::send(node.url(), request);
  };
  const auto digest = [](std::string_view film) { return to_base64url(crypto::sha256(view(film))); };
  EXPECT_EQ(send("a film", digest("a film")).status, 202);
  EXPECT_EQ(send("another film", digest("a film")).reason(), "invalid_dpop_proof");
  EXPECT_EQ(send("a film", "").reason(), "invalid_dpop_proof");
}

TEST_F(OneNode, StrangersCannotPublish) {
  const TemporaryFolder other;
  const auto stranger = crypto::open_identity(other.path());
  EXPECT_EQ(reason_of(publish(make_title(*stranger, kGoodwill), node.url(), *stranger)), "not_owner");
}

TEST_F(OneNode, IncompleteTitleStaysInvisible) {
  FakeTitle missing = make_title(node.owner(), kGoodwill);
  std::erase_if(missing.blobs, [&](const auto& blob) { return blob.first == missing.playlist.segments[3].blob; });
  EXPECT_EQ(reason_of(publish(missing, node.url(), node.owner())), "title_incomplete");
  EXPECT_EQ(viewer.get("/v1/titles/" + missing.record.id.text()).status, 404);
}

TEST_F(OneNode, CodesAreCheckedAndNeverShown) {
  const std::string policy =
      R"({"paths":[{"grants":{},"id":"pass","requires":{"params":{"list":"friends"},"requirement":"allowlist_token"}}],"version":1})";
  const FakeTitle coded = make_title(node.owner(), policy, 8, R"({"friends":[{"code":"open sesame","max_uses":1}]})");
  ASSERT_TRUE(publish(coded, node.url(), node.owner()));
  const std::string coded_id = coded.record.id.text();
  EXPECT_EQ(viewer.attest(coded_id, "allowlist_token", {{"code", "open says me"}}), "refused: wrong_code");
  const std::string attestation = viewer.attest(coded_id, "allowlist_token", {{"code", "open sesame"}});
  EXPECT_EQ(viewer.post("/v1/keys/request", viewer.key_request(coded.record, "pass", {0, 8}, {attestation})).status,
            200);
  TestViewer second(node.url());
  EXPECT_EQ(second.attest(coded_id, "allowlist_token", {{"code", "open sesame"}}), "refused: code_used_up");
  EXPECT_EQ(coded.jws.find("sesame"), std::string::npos);
}

class TwoNodes : public ::testing::TestWithParam<db::testing::Engine> {};
INSTANTIATE_TEST_SUITE_P(Engines, TwoNodes, ::testing::ValuesIn(db::testing::kEngines), db::testing::engine_name);

TEST_P(TwoNodes, OnOneDatabaseShareEverythingThatMatters) {
  const TemporaryFolder folder;
  const auto database = db::testing::make_test_database(GetParam());
  ASSERT_TRUE(database) << database.error().message;
  RunningNode a(folder.path(), database->url()), b(folder.path(), database->url());
  const FakeTitle title = make_title(a.owner(), kGoodwill);
  ASSERT_TRUE(publish(title, a.url(), a.owner()));
  // Attested at one node, granted by the other, used up at both.
  TestViewer viewer(a.url());
  const std::string attestation = viewer.attest(title.record.id.text(), "goodwill_ack");
  const std::string body = viewer.key_request(title.record, "main", {0, 2}, {attestation}).dump();
  net::HttpClient http;
  EXPECT_EQ(http.send({.url = b.url() + "/v1/titles/" + title.record.id.text()})->status, 200);
  EXPECT_EQ(viewer.post_with_proof("/v1/keys/request", body, viewer.make_proof("/v1/keys/request", body)).status, 200);
  EXPECT_EQ(viewer.post("/v1/keys/request", viewer.key_request(title.record, "main", {0, 2}, {attestation})).reason(),
            "attestation_used");
}

}  // namespace
}  // namespace swarma::test
