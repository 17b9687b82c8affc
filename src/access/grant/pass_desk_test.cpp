// A membership, from its price to the films it opens: the first test is the usage.
#include "access/grant/pass_desk.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "access/attest/actions_testing.h"
#include "access/attest/foreign_passes.h"
#include "access/grant/broker.h"
#include "access/grant/broker_testing.h"
#include "access/grant/title_testing.h"
#include "access/pass/holder_testing.h"
#include "crypto/hash.h"
#include "db/database_testing.h"
#include "once/tables.h"

namespace swarma::access::grant {
namespace {

using namespace std::chrono_literals;
namespace on = attest::testing;

constexpr std::string_view kSells = R"({"version":1,"paths":[
  {"id":"join","requires":{"requirement":"goodwill_ack","params":{"text":"I join."}},
   "grants":{"pass":{"tier":"gold","life_s":86400},"max_plays":1}},
  {"id":"members","requires":{"requirement":"allowlist_token","params":{"pass":"gold"}}}]})";
constexpr std::string_view kMembers =
    R"({"version":1,"paths":[{"id":"members","requires":{"requirement":"allowlist_token","params":{"pass":"gold"}}}]})";
constexpr std::string_view kSellsThisOnly = R"({"version":1,"paths":[
  {"id":"join","requires":{"requirement":"goodwill_ack","params":{"text":"I join."}},
   "grants":{"pass":{"tier":"gold","titles":"this"}}},
  {"id":"members","requires":{"requirement":"allowlist_token","params":{"pass":"gold"}}}]})";
constexpr const char* kBase = "https://node.example";

std::string reason(const auto& result) {
  return result ? "fine" : result.error().reason;
}

/// A viewer, with a key for a title.
struct Viewer {
  crypto::SigningKey signing = crypto::SigningKey::generate();
  crypto::DecryptionKey decryption = crypto::DecryptionKey::generate();
};

class PassDeskTest : public ::testing::TestWithParam<db::testing::Engine> {
 protected:
  void SetUp() override {
    auto made = db::testing::make_test_database(GetParam());
    ASSERT_TRUE(made) << made.error().message;
    database_.emplace(*std::move(made));
    for (const auto list : {pass::migrations(), attest::migrations(), grant::migrations(), once::migrations()})
      ASSERT_TRUE(db().migrate(list));
    for (const auto* title : {&sells_, &second_, &third_}) titles_in_memory_.put(*title);
    make_node();
  }
  /// Another node on the same database.
  void make_node() {
    actions_ = std::make_unique<attest::Actions>(
        db(), clock_, creator_.signing,
        attest::make_verifiers({.database = db(), .network_key = network_key_, .run = [](auto work) { work(); }}));
    agent_ = std::make_unique<LocalKeyAgent>(creator_.signing, creator_.decryption);
    broker_ = std::make_unique<Broker>(Broker::Needs{.database = db(),
                                                     .clock = clock_,
                                                     .titles = titles_,
                                                     .agent = *agent_,
                                                     .own_issuers = own(),
                                                     .run = testing::run_here});
    desk_ = std::make_unique<PassDesk>(PassDesk::Parts{.database = db(),
                                                       .clock = clock_,
                                                       .titles = titles_,
                                                       .agent = pass_agent_,
                                                       .node = creator_.signing,
                                                       .own_issuers = own()});
  }
  std::vector<std::string> own() const { return {creator_.signing.did().text()}; }
  db::Database& db() { return **database_; }

  const policy::Leaf& leaf(const testing::TestTitle& title, std::string_view path) {
    prepared_.push_back(titles_.get(title.record.id).value());
    return prepared_.back()->policy.find_path(path)->leaves[0];
  }
  Result<std::string> attested(const testing::TestTitle& title, std::string_view path, const Viewer& viewer,
                               const std::function<Json(const std::string& action)>& response) {
    const auto action =
        on::start(*actions_, {title.record.id, creator_.signing.did(), leaf(title, path), viewer.signing.jkt()});
    if (!action) return std::unexpected(action.error());
    auto issued = on::complete(*actions_, action->action_id, {viewer.signing.jkt()}, response(action->action_id));
    if (!issued) return std::unexpected(issued.error());
    return issued->jws;
  }
  std::string joined(const testing::TestTitle& title, const Viewer& viewer) {
    return attested(title, "join", viewer,
                    [](const auto&) {
                      return Json{{"accepted", true}, {"text_hash", to_base64url(crypto::sha256(view("I join.")))}};
                    })
        .value();
  }
  Result<std::string> ask(const testing::TestTitle& title, const Viewer& viewer, const crypto::SigningKey* holder,
                          std::vector<std::string> attestations, std::string path = "join") {
    PassRequest request{.title = title.record.id,
                        .path = std::move(path),
                        .attestations = std::move(attestations),
                        .holder_proof = {},
                        .viewer = viewer.signing.jkt(),
                        .base_url = kBase};
    if (holder != nullptr)
      request.holder_proof =
          pass::testing::prove_holder(*holder, {viewer.signing.jkt(), title.record.id.text(), clock_.now()}).value();
    return on::wait_for<std::string>([&](auto done) { desk_->request(request, std::move(done)); });
  }
  Result<std::string> buy(const testing::TestTitle& title, const Viewer& viewer, const crypto::SigningKey* holder) {
    return ask(title, viewer, holder, {joined(title, viewer)});
  }
  Result<std::string> show(const testing::TestTitle& title, const Viewer& viewer, const std::string& pass,
                           const crypto::SigningKey* holder) {
    return attested(title, "members", viewer, [&](const std::string& action) {
      Json response = {{"pass", pass}};
      if (holder != nullptr)
        response["holder"] = pass::testing::prove_holder(*holder, {viewer.signing.jkt(), action, clock_.now()}).value();
      return response;
    });
  }
  Result<std::string> open(const testing::TestTitle& title, const Viewer& viewer, const std::string& attestation) {
    KeyRequest request = key_request(title, viewer);
    request.attestations = {attestation};
    auto granted = testing::ask_one(*broker_, request);
    if (!granted) return std::unexpected(granted.error());
    return granted->grant;
  }
  Result<std::string> roll_on(const testing::TestTitle& title, const Viewer& viewer, const std::string& grant) {
    KeyRequest request = key_request(title, viewer);
    request.unlock = grant;
    auto granted = testing::ask_one(*broker_, request);
    if (!granted) return std::unexpected(granted.error());
    return granted->grant;
  }
  static KeyRequest key_request(const testing::TestTitle& title, const Viewer& viewer) {
    return {.title = title.record.id,
            .path = "members",
            .slots = {0, 10},
            .key_groups = {"sd"},
            .encryption_key = viewer.decryption.encryption_key(),
            .attestations = {},
            .unlock = {},
            .viewer = viewer.signing.jkt(),
            .country = {},
            .proof = {},
            .idempotency = {}};
  }
  std::string id_of(const std::string& pass) {
    return pass::held_passes(db(), pass::verify_pass(pass, expected(pass)).value().subject, clock_.now())
        .value()
        .front()
        .id;
  }
  pass::PassExpectation expected(const std::string& pass) {
    const std::string subject = crypto::peek_jws(pass).value()["credentialSubject"]["id"];
    return {creator_.signing.jkt(), subject.substr(subject.rfind(':') + 1), sells_.record.id, "gold", clock_.now()};
  }

  std::optional<db::testing::TestDatabase> database_;
  FakeClock clock_{Instant(1'800'000'100)};
  testing::TestCreator creator_;
  testing::TestTitle sells_ = testing::make_test_title(creator_, kSells);
  testing::TestTitle second_ = testing::make_test_title(creator_, kMembers);
  testing::TestTitle third_ = testing::make_test_title(creator_, kMembers);
  testing::SignedTitlesInMemory titles_in_memory_;
  PreparedTitles titles_{titles_in_memory_};
  crypto::SecretKey network_key_ = crypto::random_key();
  LocalPassAgent pass_agent_{creator_.signing};
  std::vector<std::shared_ptr<const PreparedTitle>> prepared_;
  std::unique_ptr<attest::Actions> actions_;
  std::unique_ptr<LocalKeyAgent> agent_;
  std::unique_ptr<Broker> broker_;
  std::unique_ptr<PassDesk> desk_;
  crypto::SigningKey holder_ = crypto::SigningKey::generate();
};
INSTANTIATE_TEST_SUITE_P(Engines, PassDeskTest, ::testing::ValuesIn(db::testing::kEngines), db::testing::engine_name);

TEST_P(PassDeskTest, AMembershipBoughtOnceOpensTheCatalogueUntilItIsRevoked) {
  const Viewer buyer, at_second, at_third;
  const auto bought = buy(sells_, buyer, &holder_);
  ASSERT_TRUE(bought) << bought.error().message;
  std::vector<std::pair<const testing::TestTitle*, const Viewer*>> films = {
      {&sells_, &buyer}, {&second_, &at_second}, {&third_, &at_third}};
  std::vector<std::string> grants;
  for (const auto& [title, viewer] : films) {
    const auto attestation = show(*title, *viewer, *bought, &holder_);
    ASSERT_TRUE(attestation) << attestation.error().message;
    const auto grant = open(*title, *viewer, *attestation);
    ASSERT_TRUE(grant) << grant.error().message;
    grants.push_back(*grant);
    EXPECT_EQ(reason(roll_on(*title, *viewer, *grant)), "fine");
  }
  const auto shown_before = show(second_, at_second, *bought, &holder_);

  make_node();  // revoked at another node of the database
  EXPECT_EQ(reason(desk_->revoke("AAAAAAAAAAAAAAAAAAAAAA", creator_.signing.jkt())), "pass_unknown");
  EXPECT_EQ(reason(desk_->revoke(id_of(*bought), "somebody")), "pass_unknown");
  ASSERT_EQ(reason(desk_->revoke(id_of(*bought), creator_.signing.jkt())), "fine");
  EXPECT_EQ(reason(desk_->revoke(id_of(*bought), creator_.signing.jkt())), "fine");
  for (std::size_t i = 0; i < films.size(); ++i) {
    EXPECT_EQ(reason(roll_on(*films[i].first, *films[i].second, grants[i])), "grant_revoked");
    EXPECT_EQ(reason(show(*films[i].first, *films[i].second, *bought, &holder_)), "pass_revoked");
  }
}

TEST_P(PassDeskTest, WhatWasShownBeforeARevocationOpensNothingAfterIt) {
  const Viewer viewer;
  const std::string bought = buy(sells_, viewer, nullptr).value();
  const std::string attestation = show(sells_, viewer, bought, nullptr).value();
  ASSERT_TRUE(desk_->revoke(id_of(bought), creator_.signing.jkt()));
  EXPECT_EQ(reason(open(sells_, viewer, attestation)), "attestation_revoked");
}

TEST_P(PassDeskTest, NoUnlockOutlivesThePass) {
  const Viewer viewer;
  const std::string bought = buy(sells_, viewer, nullptr).value();
  clock_.advance(std::chrono::hours(23));
  const std::string grant = open(sells_, viewer, show(sells_, viewer, bought, nullptr).value()).value();
  const auto claims = policy::verify_grant(grant, creator_.signing.did()).value();
  EXPECT_EQ(claims.unlock_until, Expiry(clock_.now(), std::chrono::hours(1)));
  EXPECT_EQ(claims.expires_at, claims.unlock_until);
  clock_.advance(std::chrono::hours(1) - 1s);
  EXPECT_EQ(reason(roll_on(sells_, viewer, grant)), "fine");
  clock_.advance(1s);
  EXPECT_EQ(reason(roll_on(sells_, viewer, grant)), "grant_expired");
  EXPECT_EQ(reason(show(sells_, viewer, bought, nullptr)), "pass_expired");
}

TEST_P(PassDeskTest, APassBelongsToItsHolder) {
  const Viewer buyer, thief;
  const std::string bought = buy(sells_, buyer, &holder_).value();
  EXPECT_EQ(reason(show(second_, thief, bought, nullptr)), "pass_other_holder");
  EXPECT_EQ(reason(show(second_, thief, bought, &thief.signing)), "pass_other_holder");
  // A proof that was made for another viewer, or for another action.
  const auto stolen = attested(second_, "members", thief, [&](const std::string& action) {
    return Json{{"pass", bought},
                {"holder", pass::testing::prove_holder(holder_, {buyer.signing.jkt(), action, clock_.now()}).value()}};
  });
  EXPECT_EQ(reason(stolen), "holder_proof_bad");
  const auto old = attested(second_, "members", buyer, [&](const std::string&) {
    return Json{
        {"pass", bought},
        {"holder", pass::testing::prove_holder(holder_, {buyer.signing.jkt(), "another", clock_.now()}).value()}};
  });
  EXPECT_EQ(reason(old), "holder_proof_bad");
}

TEST_P(PassDeskTest, WhatItCostIsPaidOnce) {
  const Viewer viewer;
  const std::string attestation = joined(sells_, viewer);
  EXPECT_EQ(reason(ask(sells_, viewer, nullptr, {})), "policy_unmet");
  const auto first = ask(sells_, viewer, nullptr, {attestation});
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(reason(ask(sells_, viewer, nullptr, {attestation})), "max_plays");
  // An answer that got lost is fetched again by whoever holds the key.
  const auto held = pass::held_passes(db(), viewer.signing.jkt(), clock_.now()).value();
  ASSERT_EQ(held.size(), 1u);
  EXPECT_EQ(held.front().credential, *first);
  EXPECT_EQ(held.front().path, "join");
  // The way that gives a pass opens nothing, and the one that opens gives none.
  KeyRequest keys = key_request(sells_, viewer);
  keys.path = "join";
  keys.attestations = {joined(sells_, Viewer())};
  EXPECT_EQ(reason(testing::ask_one(*broker_, keys)), "attestation_wrong_viewer");
  keys.attestations = {};
  EXPECT_FALSE(testing::ask_one(*broker_, keys));
  EXPECT_EQ(reason(ask(sells_, viewer, nullptr, {}, "members")), "path_gives_no_pass");
  EXPECT_EQ(reason(ask(sells_, viewer, nullptr, {}, "nothing")), "path_unknown");
}

TEST_P(PassDeskTest, APassMayBeForItsTitleOnly) {
  const testing::TestTitle title = testing::make_test_title(creator_, kSellsThisOnly);
  titles_in_memory_.put(title);
  const Viewer viewer;
  const std::string bought = buy(title, viewer, nullptr).value();
  EXPECT_EQ(reason(show(title, viewer, bought, nullptr)), "fine");
  EXPECT_EQ(reason(show(second_, viewer, bought, nullptr)), "pass_other_title");
}

TEST_P(PassDeskTest, OfManyAtOnceOneGetsThePass) {
  const Viewer viewer;
  std::vector<std::string> attestations;
  for (int i = 0; i < 8; ++i) attestations.push_back(joined(sells_, viewer));
  std::atomic<int> given = 0;
  {
    std::vector<std::jthread> threads;
    for (const std::string& attestation : attestations)
      threads.emplace_back([&] {
        const auto got = ask(sells_, viewer, nullptr, {attestation});
        if (got) ++given;
        EXPECT_TRUE(got || got.error().reason == "max_plays" || got.error().reason == "busy") << got.error().message;
      });
  }
  EXPECT_EQ(given, 1);
  EXPECT_EQ(pass::held_passes(db(), viewer.signing.jkt(), clock_.now())->size(), 1u);
}

TEST_P(PassDeskTest, TheCreatorGivesAPassByHand) {
  const Viewer viewer;
  const auto given = desk_->give({.holder = viewer.signing.jkt(),
                                  .tier = "gold",
                                  .titles = {second_.record.id},
                                  .life = 3600s,
                                  .base_url = kBase});
  ASSERT_TRUE(given) << given.error().message;
  EXPECT_EQ(reason(show(second_, viewer, *given, nullptr)), "fine");
  EXPECT_EQ(reason(show(third_, viewer, *given, nullptr)), "pass_other_title");
  const auto pass =
      pass::verify_pass(*given, {creator_.signing.jkt(), viewer.signing.jkt(), second_.record.id, "gold", clock_.now()})
          .value();
  ASSERT_TRUE(desk_->revoke(pass.id, creator_.signing.jkt()));
  const auto list = desk_->status_list(1, kBase);
  ASSERT_TRUE(list) << list.error().message;
  EXPECT_TRUE(
      pass::verify_status_list(*list, pass.status->list, pass.status->signer, clock_.now())->get(pass.status->index));
}

}  // namespace
}  // namespace swarma::access::grant
