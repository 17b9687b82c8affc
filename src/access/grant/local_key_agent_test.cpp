// The agent alone: what it grants, and that it believes nobody but the record and its own signature.
#include <gtest/gtest.h>

#include "access/grant/key_agent.h"
#include "access/grant/title_testing.h"

namespace swarma::access::grant {

using namespace grant::testing;
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kPolicy = R"({"version":1,"paths":[
  {"id":"preview","grants":{"slots":[0,8],"key_groups":["sd"]}},
  {"id":"open","grants":{"ttl_s":600,"unlock_s":7200}},
  {"id":"kind","requires":{"requirement":"goodwill_ack","params":{"text":"Kind."}},"grants":{}}]})";

struct LocalKeyAgentTest : ::testing::Test {
  GrantOrder ask(const char* path, SlotRange slots) { return ask(title_, path, slots); }
  GrantOrder ask(const TestTitle& title, const char* path, SlotRange slots) {
    GrantOrder order{.title = title.record.id,
                     .revision = title.record.revision,
                     .record = &title.published.record,
                     .sealed = &title.published.sealed,
                     .path = path,
                     .slots = slots,
                     .key_groups = {"sd"},
                     .viewer = viewer_.jkt(),
                     .encryption_key = viewer_keys_.encryption_key(),
                     .facts = {},
                     .previous = {}};
    order.facts.now = clock_.now();
    return order;
  }
  std::string reason(const GrantOrder& order) {
    const auto issued = agent_.issue(order);
    return issued ? "fine" : issued.error().reason;
  }
  /// The keys of the group "sd" that a grant opens.
  crypto::KeyRing opened(const std::string& jws) {
    const auto claims = policy::verify_grant(jws, creator_.signing.did()).value();
    crypto::KeyRing ring(100);
    for (auto& node : policy::open_covers(claims, viewer_keys_).value().at("sd"))
      EXPECT_TRUE(ring.add(std::move(node)));
    return ring;
  }

  FakeClock clock_;
  TestCreator creator_;
  crypto::SigningKey viewer_ = crypto::SigningKey::generate();
  crypto::DecryptionKey viewer_keys_ = crypto::DecryptionKey::generate();
  TestTitle title_ = make_test_title(creator_, kPolicy);
  LocalKeyAgent agent_{creator_.signing, creator_.decryption};
};

TEST_F(LocalKeyAgentTest, GrantsTheKeysOfTheSlotsAskedForAndNoOther) {
  const auto issued = agent_.issue(ask("open", {10, 20}));
  ASSERT_TRUE(issued) << issued.error().message;
  EXPECT_EQ(issued->expires_at, Expiry(clock_.now(), 600s));
  EXPECT_EQ(issued->unlock_until, Expiry(clock_.now(), 2h));
  EXPECT_TRUE(issued->previous_grant_id.empty());
  const crypto::KeyRing ring = opened(issued->jws);
  for (Slot slot = 0; slot < 100; ++slot) EXPECT_EQ(ring.covers(slot), slot >= 10 && slot < 20) << slot;
}

TEST_F(LocalKeyAgentTest, RollsOnFromItsOwnGrantsOnly) {
  const auto first = agent_.issue(ask("open", {0, 10}));
  ASSERT_TRUE(first);
  clock_.advance(1h);  // the grant is over, the unlock is not
  GrantOrder further = ask("open", {10, 20});
  further.previous = first->jws;
  const auto second = agent_.issue(further);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->unlock_id, first->unlock_id);
  EXPECT_EQ(second->previous_grant_id, first->grant_id);
  EXPECT_EQ(second->unlock_until, first->unlock_until);

  GrantOrder other_path = further;
  other_path.path = "preview";
  other_path.slots = {0, 8};
  EXPECT_EQ(reason(other_path), "grant_other_path");
  GrantOrder other_viewer = further;
  other_viewer.viewer = crypto::SigningKey::generate().jkt();
  EXPECT_EQ(reason(other_viewer), "grant_wrong_viewer");
  TestCreator stranger;
  const TestTitle theirs = make_test_title(stranger, kPolicy);
  further.previous = LocalKeyAgent(stranger.signing, stranger.decryption).issue(ask(theirs, "open", {0, 10}))->jws;
  EXPECT_EQ(reason(further), "grant_forged");
  clock_.advance(1h);
  further.previous = first->jws;
  further.facts.now = clock_.now();
  EXPECT_EQ(reason(further), "grant_expired");
}

TEST_F(LocalKeyAgentTest, NothingOutlivesTheEndOfTheTerms) {
  const std::int64_t end = clock_.now().unix_s() + 60;
  const TestTitle title = make_test_title(
      creator_, R"({"version":1,"paths":[{"id":"open","grants":{"between":{"until":)" + std::to_string(end) + "}}}]}");
  const auto issued = agent_.issue(ask(title, "open", {0, 10}));
  ASSERT_TRUE(issued) << issued.error().message;
  EXPECT_EQ(issued->expires_at.unix_s(), end);
  EXPECT_EQ(issued->unlock_until.unix_s(), end);
}

TEST_F(LocalKeyAgentTest, ARevisionThatWasPublishedAnewHasItsOwnKeys) {
  const auto before = agent_.issue(ask("open", {0, 1}));
  const TestTitle anew = make_test_title(creator_, kPolicy, {}, 1, title_.record.nonce);
  ASSERT_EQ(anew.record.id, title_.record.id);
  const auto after = agent_.issue(ask(anew, "open", {0, 1}));
  ASSERT_TRUE(before && after);
  EXPECT_NE(*opened(before->jws).find_leaf(0), *opened(after->jws).find_leaf(0));
}

/// A broker that lies to the agent: the agent decides from the record alone.
TEST_F(LocalKeyAgentTest, DoesNotTrustTheBroker) {
  GrantOrder order = ask("kind", {0, 10});
  const auto told = [&] { return reason(order); };
  EXPECT_EQ(told(), "policy_unmet");
  order.path = "preview";
  order.facts.title.slots = 1;  // ignored: the shape is the record's
  EXPECT_EQ(told(), "outside_scope");
  order.slots = {0, 8};
  EXPECT_EQ(told(), "fine");
  const auto foreign = make_test_title(TestCreator{}, kPolicy);
  order.title = foreign.record.id;
  order.record = &foreign.published.record;
  EXPECT_EQ(told(), "other_agent");
  std::string bent = title_.published.record;
  bent[bent.size() - 20] = bent[bent.size() - 20] == 'A' ? 'B' : 'A';  // in the signature
  order.title = title_.record.id;
  order.record = &bent;
  EXPECT_EQ(told(), "record_forged");
}

TEST_F(LocalKeyAgentTest, AcceptsWhatIsPublishedToIt) {
  const title::CodeLists codes = {{"friends", {{"popcorn", 2}}}};
  const auto good = make_test_title(creator_, kPolicy, codes);
  const auto accepted = agent_.accept(good.published.record, good.published.sealed);
  ASSERT_TRUE(accepted) << accepted.error().message;
  EXPECT_EQ(accepted->at("friends").at(0).code, "popcorn");
  EXPECT_EQ(accepted->at("friends").at(0).max_uses, 2);
  EXPECT_EQ(agent_.accept(good.published.record, title_.published.sealed).error().reason, "sealed_package_bad");
  const auto beyond = make_test_title(creator_, R"({"version":1,"paths":[{"id":"a","grants":{"slots":[100,101]}}]})");
  EXPECT_EQ(agent_.accept(beyond.published.record, beyond.published.sealed).error().reason, "policy_does_not_fit");
}

}  // namespace
}  // namespace swarma::access::grant
