// Evidence, checked as a stranger does: the first test is the usage.
#include "access/grant/evidence.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "access/grant/key_agent.h"
#include "access/grant/title_testing.h"

namespace swarma::access::grant {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kPolicy = R"({"version":1,"paths":[
  {"id":"kind","requires":{"allOf":[{"requirement":"goodwill_ack","params":{"text":"Kind."}},
     {"requirement":"puzzle_solve","params":{"algorithm":"sha256","difficulty":8},"min_trust":0.5}]},
   "grants":{"slots":[0,50],"ttl_s":600,"unlock_s":7200,"window_s":40,"key_groups":["sd"]}},
  {"id":"other","requires":{"requirement":"goodwill_ack","params":{"text":"Other."}}}]})";

class EvidenceTest : public ::testing::Test {
 protected:
  EvidenceTest() { evidence_ = made(); }

  std::string attested(
      std::size_t leaf, const std::function<void(attest::Attestation&)>& change = [](auto&) {},
      const crypto::SigningKey* signer = nullptr) {
    const policy::Leaf& asked = policy_.paths()[0].leaves[leaf];
    attest::Attestation one{.id = to_base64url(random_array<16>()),
                            .issuer = verifier_.did(),
                            .subject = viewer_.jkt(),
                            .title = title_.record.id,
                            .requirement = asked.requirement,
                            .params = asked.params,
                            .key = asked.key,
                            .evidence = "{}",
                            .trust = 0.6,
                            .issued_at = now_ - 60s,
                            .expires_at = Expiry(now_, 900s),
                            .nonce = "n"};
    change(one);
    return attest::sign_attestation(one, signer == nullptr ? verifier_ : *signer).value();
  }
  std::string granted(SlotRange slots = {0, 10}) {
    policy::Facts facts;
    facts.now = now_;
    facts.default_issuers = {verifier_.did().text()};
    for (const auto& leaf : policy_.paths()[0].leaves) facts.proofs.push_back({leaf.key, 1, verifier_.did().text()});
    const auto issued = agent_.issue(GrantOrder{.title = title_.record.id,
                                                .revision = 1,
                                                .record = &title_.published.record,
                                                .sealed = &title_.published.sealed,
                                                .agent = &title_.record.agent,
                                                .path = "kind",
                                                .slots = slots,
                                                .key_groups = {"sd"},
                                                .viewer = viewer_.jkt(),
                                                .encryption_key = viewer_keys_.encryption_key(),
                                                .facts = facts,
                                                .previous = {}});
    EXPECT_TRUE(issued) << issued.error().message;
    return issued ? issued->jws : "";
  }
  Evidence made() {
    return {.record = title_.published.record,
            .grant = granted(),
            .attestations = {attested(0), attested(1)},
            .issuers = {verifier_.did().text()}};
  }
  /// A grant as the agent would never sign it.
  std::string forged(const std::function<void(policy::GrantClaims&)>& change) {
    auto claims = policy::verify_grant(evidence_.grant, creator_.signing.did()).value();
    change(claims);
    return policy::sign_grant(claims, creator_.signing).value();
  }
  static std::string verdict(const Evidence& evidence) {
    const auto found = check_evidence(evidence_json(evidence));
    return found ? "follows" : found.error().reason;
  }
  std::string with_attestation(const std::string& jws) {
    Evidence changed = evidence_;
    changed.attestations[0] = jws;
    return verdict(changed);
  }
  std::string with_grant(const std::function<void(policy::GrantClaims&)>& change) {
    Evidence changed = evidence_;
    changed.grant = forged(change);
    return verdict(changed);
  }

  Instant now_{1'800'000'000};
  testing::TestCreator creator_;
  testing::TestTitle title_ = testing::make_test_title(creator_, kPolicy);
  policy::Policy policy_ = policy::parse_policy_text(kPolicy).value();
  crypto::SigningKey verifier_ = crypto::SigningKey::generate(), viewer_ = crypto::SigningKey::generate();
  crypto::DecryptionKey viewer_keys_ = crypto::DecryptionKey::generate();
  LocalKeyAgent agent_{creator_.signing, creator_.decryption};
  Evidence evidence_;
};

TEST_F(EvidenceTest, AStrangerSeesThatAGrantFollows) {
  const auto found = check_evidence(evidence_json(evidence_));
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->grant.viewer, viewer_.jkt());
  EXPECT_EQ(found->record.id, title_.record.id);
  EXPECT_EQ(found->shown.size(), 5u);
  EXPECT_FALSE(found->open.empty());  // it says what it cannot show
}

TEST_F(EvidenceTest, EachAttestationIsChecked) {
  EXPECT_EQ(with_attestation(attested(0)), "follows");
  EXPECT_EQ(with_attestation(attested(0, [&](auto& one) { one.subject = creator_.signing.jkt(); })),
            "evidence_refuted");
  EXPECT_EQ(with_attestation(attested(0, [&](auto& one) { one.title = TitleId(TitleId::Raw{9}); })),
            "evidence_refuted");
  EXPECT_EQ(with_attestation(attested(0, [&](auto& one) { one.expires_at = Expiry(now_.unix_s()); })),
            "evidence_refuted");
  EXPECT_EQ(with_attestation(attested(0, [&](auto& one) { one.issued_at = now_ + 61s; })), "evidence_refuted");
  EXPECT_EQ(with_attestation(attested(0, [](auto&) {}, &viewer_)), "evidence_refuted");  // signed by the viewer
  EXPECT_EQ(
      with_attestation(attested(0, [&](auto& one) { one.issuer = viewer_.did(); }, &viewer_)), "evidence_refuted");
  EXPECT_EQ(with_attestation(attested(1)), "evidence_refuted");  // the goodwill is missing
  Evidence weak = evidence_;
  weak.attestations[1] = attested(1, [](auto& one) { one.trust = 0.4; });
  EXPECT_EQ(verdict(weak), "evidence_refuted");
  weak = evidence_;
  weak.issuers = {};
  EXPECT_EQ(verdict(weak), "evidence_refuted");
}

TEST_F(EvidenceTest, TheGrantGivesNoMoreThanTheWay) {
  EXPECT_EQ(with_grant([](auto&) {}), "follows");
  EXPECT_EQ(with_grant([](auto& grant) { grant.slots = {45, 51}; }), "evidence_refuted");
  EXPECT_EQ(with_grant([](auto& grant) { grant.slots = {0, 41}; }), "evidence_refuted");
  EXPECT_EQ(with_grant([](auto& grant) { grant.key_groups = {"hd"}; }), "evidence_refuted");
  EXPECT_EQ(with_grant([](auto& grant) { grant.path = "other"; }), "evidence_refuted");
  EXPECT_EQ(with_grant([](auto& grant) { grant.path = "nothing"; }), "evidence_refuted");
  EXPECT_EQ(with_grant([](auto& grant) { grant.revision = 2; }), "evidence_refuted");
  EXPECT_EQ(with_grant([](auto& grant) { grant.policy_hash = std::string(43, 'A'); }), "evidence_refuted");
  EXPECT_EQ(with_grant([](auto& grant) { grant.title = TitleId(TitleId::Raw{9}); }), "evidence_refuted");
  EXPECT_EQ(with_grant([&](auto& grant) { grant.unlock_until = Expiry(now_, 7201s); }), "evidence_refuted");
  EXPECT_EQ(with_grant([&](auto& grant) { grant.expires_at = Expiry(now_, 601s); }), "evidence_refuted");
}

TEST_F(EvidenceTest, NothingIsTakenOnTrust) {
  Evidence changed = evidence_;
  changed.grant.back() = changed.grant.back() == 'A' ? 'Q' : 'A';
  EXPECT_EQ(verdict(changed), "evidence_refuted");
  const testing::TestCreator somebody;
  changed = evidence_;
  changed.record = testing::make_test_title(somebody, kPolicy).published.record;
  EXPECT_EQ(verdict(changed), "evidence_refuted");
  for (const char* text : {"", "{}", "[]", R"({"version":2})", R"({"version":1,"record":7})"}) {
    const auto found = check_evidence(text);
    ASSERT_FALSE(found) << text;
    EXPECT_EQ(found.error().reason, "evidence_bad") << text;
  }
  Json more = parse_json(evidence_json(evidence_)).value();
  more["further"] = 1;
  EXPECT_EQ(check_evidence(more.dump()).error().reason, "evidence_bad");
}

TEST_F(EvidenceTest, WhatThePassLimitedLimitsTheUnlock) {
  Evidence changed = evidence_;
  changed.attestations[0] = attested(0, [&](auto& one) { one.until = Expiry(now_, 3600s); });
  EXPECT_EQ(verdict(changed), "evidence_refuted");
  changed.grant = forged([&](auto& grant) { grant.unlock_until = Expiry(now_, 3600s); });
  EXPECT_EQ(verdict(changed), "follows");
}

}  // namespace
}  // namespace swarma::access::grant
