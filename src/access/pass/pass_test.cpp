// Passes and status lists: the first test is the usage.
#include "access/pass/pass.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "access/pass/holder_testing.h"
#include "access/pass/pass_book.h"
#include "base/random.h"
#include "crypto/jws.h"
#include "db/database_testing.h"

namespace swarma::access::pass {
namespace {

std::string reason(const auto& result) {
  return result ? "fine" : result.error().reason;
}

constexpr std::string_view kOneByte = "uH4sIAAAAAAACA2MAAI3vAtIBAAAA";
const std::string kTwoMegabytes =
    "uH4sIAAAAAAACA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAC-Bn6HiY0AACAA";

const std::string kMe = crypto::SigningKey::generate().jkt();

class PassTest : public ::testing::Test {
 protected:
  Pass gold() const {
    return {.id = to_base64url(random_array<16>()),
            .issuer = creator_.did(),
            .subject = kMe,
            .tier = "gold",
            .titles = {},
            .valid_from = now_,
            .valid_until = Expiry(now_, std::chrono::days(30)),
            .status = StatusEntry{"https://node.example/v1/passes/lists/1", node_.did(), 4'711}};
  }
  PassExpectation expected() const { return {creator_.jkt(), kMe, title_, "gold", now_}; }
  /// The payload of a pass with one change, signed by the creator.
  std::string changed(const std::function<void(Json&)>& change, std::string_view typ = crypto::kCredentialTyp) const {
    Json payload = crypto::peek_jws(sign_pass(gold(), creator_).value()).value();
    change(payload);
    return typ == crypto::kCredentialTyp ? crypto::sign_credential(creator_, payload).value()
                                         : crypto::sign_jws(creator_, typ, payload).value();
  }
  std::string verdict(const std::function<void(Json&)>& change) const {
    return reason(verify_pass(changed(change), expected()));
  }

  crypto::SigningKey creator_ = crypto::SigningKey::generate(), node_ = crypto::SigningKey::generate();
  TitleId title_{TitleId::Raw{7}}, other_title_{TitleId::Raw{8}};
  Instant now_{1'800'000'000};
};

TEST_F(PassTest, AMemberShowsAPass) {
  const auto jws = sign_pass(gold(), creator_);
  ASSERT_TRUE(jws) << jws.error().message;
  const auto pass = verify_pass(*jws, expected());
  ASSERT_TRUE(pass) << pass.error().message;
  EXPECT_EQ(pass->tier, "gold");
  EXPECT_EQ(pass->subject, kMe);
  EXPECT_EQ(pass->valid_until, Expiry(now_, std::chrono::days(30)));
  EXPECT_EQ(pass->status->index, 4'711u);
  EXPECT_EQ(pass->status->signer, node_.did());
}

TEST_F(PassTest, IsForItsHolderTierTitlesAndTime) {
  const std::string jws = sign_pass(gold(), creator_).value();
  PassExpectation other = expected();
  other.holder = node_.jkt();
  EXPECT_EQ(reason(verify_pass(jws, other)), "pass_other_holder");
  other = expected();
  other.tier = "silver";
  EXPECT_EQ(reason(verify_pass(jws, other)), "pass_other_tier");
  other = expected();
  other.issuer_jkt = node_.jkt();
  EXPECT_EQ(reason(verify_pass(jws, other)), "pass_other_creator");

  Pass some = gold();
  some.titles = {other_title_};
  EXPECT_EQ(reason(verify_pass(sign_pass(some, creator_).value(), expected())), "pass_other_title");
  some.titles.push_back(title_);
  EXPECT_EQ(reason(verify_pass(sign_pass(some, creator_).value(), expected())), "fine");

  // At both edges.
  const auto at = [&](std::chrono::seconds from_now) {
    PassExpectation then = expected();
    then.now = now_ + from_now;
    return reason(verify_pass(jws, then));
  };
  EXPECT_EQ(at(std::chrono::days(30) - std::chrono::seconds(1)), "fine");
  EXPECT_EQ(at(std::chrono::days(30)), "pass_expired");
  EXPECT_EQ(at(-kPassSkew), "fine");
  EXPECT_EQ(at(-kPassSkew - std::chrono::seconds(1)), "pass_not_yet_valid");
}

TEST_F(PassTest, TheNarrowerTimesCount) {
  EXPECT_EQ(verdict([&](Json& p) { p["exp"] = now_.unix_s(); }), "pass_expired");
  EXPECT_EQ(verdict([&](Json& p) { p["validUntil"] = "2020-01-01T00:00:00Z"; }), "pass_expired");
  EXPECT_EQ(verdict([&](Json& p) { p["iat"] = now_.unix_s() + 61; }), "pass_not_yet_valid");
}

TEST_F(PassTest, NothingElsePassesForAPass) {
  EXPECT_EQ(verdict([](Json&) {}), "fine");
  EXPECT_EQ(reason(verify_pass(changed([](Json&) {}, crypto::kAttestationTyp), expected())), "pass_forged");
  // By somebody who names the creator.
  Pass forged = gold();
  EXPECT_EQ(reason(verify_pass(sign_pass(forged, node_).value(), expected())), "pass_forged");
  EXPECT_EQ(reason(verify_pass("a.b.c", expected())), "pass_forged");
  EXPECT_EQ(reason(verify_pass(std::string(kMaxPassBytes + 1, 'a'), expected())), "pass_forged");
  EXPECT_EQ(verdict([](Json& p) { p["vc"] = Json::object(); }), "pass_forged");
  EXPECT_EQ(verdict([](Json& p) { p["@context"] = {"https://example.org", "https://www.w3.org/ns/credentials/v2"}; }),
            "pass_forged");
  EXPECT_EQ(verdict([](Json& p) { p["type"] = {"VerifiableCredential"}; }), "pass_forged");
  EXPECT_EQ(verdict([](Json& p) { p["credentialSubject"]["version"] = 2; }), "pass_forged");
  EXPECT_EQ(verdict([](Json& p) { p["credentialSubject"]["titles"] = Json::array(); }), "pass_forged");
  EXPECT_EQ(verdict([](Json& p) { p["credentialSubject"].erase("titles"); }), "pass_forged");
  EXPECT_EQ(verdict([](Json& p) { p["validUntil"] = "2030-01-01T00:00:00"; }), "pass_forged");
  EXPECT_EQ(verdict([&](Json& p) { p["iss"] = node_.did().text(); }), "pass_forged");
  EXPECT_EQ(verdict([](Json& p) { p["sub"] = "somebody"; }), "pass_forged");
  EXPECT_EQ(verdict([](Json& p) { p["jti"] = "another"; }), "pass_forged");
  EXPECT_EQ(verdict([](Json& p) { p["credentialStatus"]["statusListIndex"] = 7; }), "pass_forged");
  EXPECT_EQ(verdict([](Json& p) { p["credentialStatus"]["statusListIndex"] = "99999999"; }), "pass_forged");
  EXPECT_EQ(verdict([](Json& p) { p["credentialStatus"]["statusPurpose"] = "suspension"; }), "pass_forged");
}

TEST_F(PassTest, AStatusListTellsWhatWasRevoked) {
  StatusList list;
  for (const std::uint32_t index : {0u, 7u, 8u, 4'711u, kListBits - 1}) list.set(index);
  const std::string url = "https://node.example/v1/passes/lists/1";
  const std::string jws = sign_status_list(list, url, node_, now_).value();
  EXPECT_LT(jws.size(), 1'500u);  // mostly zeros
  const auto read = verify_status_list(jws, url, node_.did(), now_);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->size(), kListBits);
  for (const std::uint32_t index : {0u, 7u, 8u, 4'711u, kListBits - 1}) EXPECT_TRUE(read->get(index)) << index;
  for (const std::uint32_t index : {1u, 6u, 9u, 4'710u, kListBits - 2, kListBits, 1u << 30})
    EXPECT_FALSE(read->get(index)) << index;

  EXPECT_EQ(reason(verify_status_list(jws, url + "0", node_.did(), now_)), "status_list_forged");
  EXPECT_EQ(reason(verify_status_list(jws, url, creator_.did(), now_)), "status_list_forged");
  EXPECT_EQ(reason(verify_status_list(jws, url, node_.did(), now_ + kListLife + std::chrono::seconds(61))),
            "status_list_expired");
  EXPECT_EQ(reason(verify_status_list(jws, url, node_.did(), now_ - std::chrono::seconds(61))), "status_list_expired");
  EXPECT_EQ(reason(verify_status_list(sign_pass(gold(), node_).value(), url, node_.did(), now_)), "status_list_forged");
}

TEST_F(PassTest, TheFirstBitIsTheHighestOfTheFirstByte) {
  // The example of the W3C's "Bitstring Status List v1.0": nobody is revoked.
  const auto list = StatusList::decode("uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA");
  ASSERT_TRUE(list) << list.error().message;
  EXPECT_EQ(list->size(), kListBits);
  for (std::uint32_t i = 0; i < kListBits; ++i) ASSERT_FALSE(list->get(i));
}

TEST_F(PassTest, ABombOfAListIsRefused) {
  const StatusList fine;
  EXPECT_TRUE(StatusList::decode(fine.encode()));
  std::string cut = fine.encode();
  cut.resize(cut.size() - 4);
  EXPECT_EQ(reason(StatusList::decode(cut)), "status_list_bad");
  EXPECT_EQ(reason(StatusList::decode(fine.encode().substr(1))), "status_list_bad");
  EXPECT_EQ(reason(StatusList::decode("u")), "status_list_bad");
  // Two megabytes of zeros, and one byte, as gzip -9 packs them.
  EXPECT_EQ(reason(StatusList::decode(kTwoMegabytes)), "status_list_bad");
  EXPECT_EQ(reason(StatusList::decode(kOneByte)), "status_list_bad");
}

TEST_F(PassTest, AHolderLetsAnotherKeyShowIt) {
  const crypto::SigningKey holder = crypto::SigningKey::generate();
  const std::string proof = testing::prove_holder(holder, {"viewer-1", "action-1", now_}).value();
  EXPECT_EQ(verify_holder(proof, {"viewer-1", "action-1", now_}).value(), holder.jkt());
  EXPECT_EQ(reason(verify_holder(proof, {"viewer-2", "action-1", now_})), "holder_proof_bad");
  EXPECT_EQ(reason(verify_holder(proof, {"viewer-1", "action-2", now_})), "holder_proof_bad");
  EXPECT_EQ(reason(verify_holder(proof, {"viewer-1", "action-1", now_ + kHolderProofLife + std::chrono::seconds(1)})),
            "holder_proof_bad");
  EXPECT_EQ(reason(verify_holder(proof, {"viewer-1", "action-1", now_ - kPassSkew - std::chrono::seconds(1)})),
            "holder_proof_bad");
  EXPECT_EQ(reason(verify_holder(proof.substr(0, proof.size() - 2), {"viewer-1", "action-1", now_})),
            "holder_proof_bad");
}

class PassBookTest : public ::testing::TestWithParam<db::testing::Engine> {
 protected:
  void SetUp() override {
    auto made = db::testing::make_test_database(GetParam());
    ASSERT_TRUE(made) << made.error().message;
    database_.emplace(*std::move(made));
    const auto migrated = db().migrate(migrations());
    ASSERT_TRUE(migrated) << migrated.error().message;
  }
  db::Database& db() { return **database_; }
  Pass add(const std::string& tier = "gold") {
    Pass pass{.id = to_base64url(random_array<16>()),
              .issuer = creator_.did(),
              .subject = kMe,
              .tier = tier,
              .titles = {TitleId(TitleId::Raw{7})},
              .valid_from = now_,
              .valid_until = Expiry(now_, std::chrono::days(30)),
              .status = std::nullopt};
    const std::string credential = sign_pass(pass, creator_).value();
    place_ = choose_place(db()).value();
    bool fresh = false;
    const auto added = db().transact([&](db::Session& session) -> Result<void> {
      SWARMA_TRY(fresh, add_pass(session, {pass, credential, place_, "member"}));
      return {};
    });
    EXPECT_TRUE(fresh);
    EXPECT_TRUE(added) << added.error().message;
    return pass;
  }
  bool revoke(const std::string& id, const std::string& issuer) {
    bool known = false;
    const auto done = db().transact([&](db::Session& session) -> Result<void> {
      SWARMA_TRY(known, revoke_pass(session, id, issuer, now_));
      return {};
    });
    EXPECT_TRUE(done);
    return known;
  }

  std::optional<db::testing::TestDatabase> database_;
  crypto::SigningKey creator_ = crypto::SigningKey::generate();
  Instant now_{1'800'000'000};
  Place place_;
};
INSTANTIATE_TEST_SUITE_P(Engines, PassBookTest, ::testing::ValuesIn(db::testing::kEngines), db::testing::engine_name);

TEST_P(PassBookTest, APassIsWrittenDownAndRevoked) {
  const Pass pass = add();
  const Place place = place_;
  auto given = find_pass(db(), pass.id, creator_.jkt()).value();
  ASSERT_TRUE(given);
  EXPECT_EQ(given->state(now_), PassState::Valid);
  EXPECT_EQ(given->titles, pass.titles);
  EXPECT_EQ(given->path, "member");
  EXPECT_EQ(given->state(now_ + std::chrono::days(30)), PassState::Expired);
  EXPECT_FALSE(status_list(db(), place.list)->get(place.index));

  EXPECT_FALSE(revoke(pass.id, "somebody"));
  EXPECT_TRUE(revoke(pass.id, creator_.jkt()));
  EXPECT_TRUE(revoke(pass.id, creator_.jkt()));
  given = find_pass(db(), pass.id, creator_.jkt()).value();
  EXPECT_EQ(given->state(now_), PassState::Revoked);
  EXPECT_TRUE(status_list(db(), place.list)->get(place.index));
  EXPECT_EQ(reason(status_list(db(), place.list + 1)), "status_list_unknown");
  EXPECT_FALSE(find_pass(db(), pass.id, "somebody").value());
}

TEST_P(PassBookTest, APlaceIsGivenOnce) {
  const Pass first = add();
  Pass second = first;
  second.id = to_base64url(random_array<16>());
  bool fresh = true;
  ASSERT_TRUE(db().transact([&](db::Session& session) -> Result<void> {
    SWARMA_TRY(fresh, add_pass(session, {second, "text", place_}));
    return {};
  }));
  EXPECT_FALSE(fresh);
  EXPECT_FALSE(find_pass(db(), second.id, creator_.jkt()).value());
}

TEST_P(PassBookTest, AHolderGetsWhatWasGivenAgain) {
  const Pass pass = add();
  const auto held = held_passes(db(), kMe, now_);
  ASSERT_TRUE(held) << held.error().message;
  ASSERT_EQ(held->size(), 1u);
  EXPECT_TRUE(verify_pass(held->front().credential, {creator_.jkt(), kMe, TitleId(TitleId::Raw{7}), "gold", now_}));
  EXPECT_TRUE(held_passes(db(), "somebody", now_)->empty());
  EXPECT_TRUE(held_passes(db(), kMe, now_ + std::chrono::days(30))->empty());
}

TEST_P(PassBookTest, PassesAreListedNewestFirstAPageAtATime) {
  for (int i = 0; i < 150; ++i) {
    add(i % 2 ? "gold" : "silver");
    if (i % 3 == 0) now_ += std::chrono::seconds(1);
  }
  std::vector<std::string> seen;
  std::string before;
  for (const std::size_t size : {kPageOfPasses, std::size_t{50}, std::size_t{0}}) {
    const auto page = list_passes(db(), creator_.jkt(), before);
    ASSERT_TRUE(page) << page.error().message;
    EXPECT_EQ(page->size(), size);
    for (const GivenPass& pass : *page) seen.push_back(pass.id);
    if (!page->empty()) before = page->back().id;
  }
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 150u);
  EXPECT_TRUE(list_passes(db(), "somebody", "")->empty());
}

TEST_P(PassBookTest, WhatEndedIsForgottenAMonthLater) {
  const Pass pass = add();
  const Instant end = now_ + std::chrono::days(30);
  EXPECT_EQ(prune_passes(db(), end + kPassKept).value(), 0);
  EXPECT_EQ(prune_passes(db(), end + kPassKept + std::chrono::seconds(1)).value(), 1);
  EXPECT_FALSE(find_pass(db(), pass.id, creator_.jkt()).value());
}

}  // namespace
}  // namespace swarma::access::pass
