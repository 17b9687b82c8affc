// Actions that wait for somebody outside, and hear from others before the answer.
#include <thread>

#include "access/attest/verifiers_testing.h"

namespace swarma::access::attest {
namespace {

using namespace std::chrono_literals;
using testing::reason_of;

const policy::Leaf kGoodwill = testing::leaf_with(policy::Requirement::GoodwillAck, {{"text", "I will."}});

class ActionsTest : public testing::VerifierTest {};
INSTANTIATE_TEST_SUITE_P(Engines, ActionsTest, ::testing::ValuesIn(db::testing::kEngines), db::testing::engine_name);

/// Asks somebody outside: answers on another thread, and only once it was told to.
class WaitingVerifier final : public Verifier {
 public:
  explicit WaitingVerifier(std::string& key) : key_(key) {}
  policy::Requirement requirement() const override { return policy::Requirement::GoodwillAck; }
  double trust() const override { return 1; }
  std::string calibration() const override { return "A fake."; }
  void start(const ActionContext& context, Done<Challenge> done) override {
    key_ = context.return_key;
    std::jthread([done = std::move(done)]() mutable { done(Challenge{.challenge = "{}", .returns = true}); }).detach();
  }
  void note(const ActionContext&, const Json& state, const Json& message, Done<Noted> done) override {
    std::jthread([done = std::move(done), heard = state.value("heard", 0), message]() mutable {
      done(Noted{Json{{"heard", heard + 1}, {"last", message}}.dump(), Json{{"heard", heard + 1}}.dump()});
    }).detach();
  }
  void check(const ActionContext&, const Json& state, const Json&, Done<Evidence> done) override {
    std::jthread([done = std::move(done), ready = state.contains("heard")]() mutable {
      if (ready) return done(Evidence{.trust = 0.5, .life = std::chrono::days(40)});
      done(fail(ErrorCode::Conflict, "not_yet", "Nobody came by yet.", std::chrono::seconds(2)));
    }).detach();
  }

 private:
  std::string& key_;
};

TEST_P(ActionsTest, AnActionWaitsForSomebodyOutside) {
  std::string key;
  std::vector<std::unique_ptr<Verifier>> verifiers;
  verifiers.push_back(std::make_unique<WaitingVerifier>(key));
  Actions actions(db(), clock_, issuer_, std::move(verifiers));
  const auto action = testing::start(actions, {title_, creator_.did(), kGoodwill, "viewer-1"});
  ASSERT_TRUE(action) << action.error().message;
  const std::string id = action->action_id;
  // Waiting is no wrong answer, however often.
  for (int i = 0; i < kMaxTries + 5; ++i)
    EXPECT_EQ(reason_of(testing::complete(actions, id, {"viewer-1"}, Json::object())), "not_yet");

  EXPECT_EQ(reason_of(testing::note(actions, id, {"somebody"}, Json::object())), "action_wrong_viewer");
  EXPECT_EQ(reason_of(testing::note(actions, "AAAAAAAAAAAAAAAAAAAAAA", {"viewer-1"}, Json::object())),
            "action_unknown");
  EXPECT_EQ(reason_of(testing::note_return(actions, id, Json::object())), "action_unknown");  // the id is no key
  EXPECT_EQ(testing::note_return(actions, key, {{"returned", {{"a", "b"}}}}).value(), (Json{{"heard", 1}}));
  EXPECT_EQ(testing::note(actions, id, {"viewer-1"}, Json::object()).value(), (Json{{"heard", 2}}));

  const auto issued = testing::complete(actions, id, {"viewer-1"}, Json::object());
  ASSERT_TRUE(issued) << issued.error().message;
  const auto attestation =
      verify_attestation(issued->jws, {"viewer-1", title_, clock_.now(), [](const crypto::Did&) { return true; }});
  ASSERT_TRUE(attestation) << attestation.error().message;
  EXPECT_EQ(attestation->expires_at, Expiry(clock_.now(), kMaxAttestationLife));
  EXPECT_EQ(reason_of(testing::note_return(actions, key, Json::object())), "action_unknown");
  EXPECT_EQ(reason_of(testing::note(actions, id, {"viewer-1"}, Json::object())), "action_completed");
}

TEST_P(ActionsTest, AReturnKeyDiesWithItsAction) {
  std::string key;
  std::vector<std::unique_ptr<Verifier>> verifiers;
  verifiers.push_back(std::make_unique<WaitingVerifier>(key));
  Actions actions(db(), clock_, issuer_, std::move(verifiers));
  ASSERT_TRUE(testing::start(actions, {title_, creator_.did(), kGoodwill, "viewer-1"}));
  clock_.advance(kActionLife - 1s);
  EXPECT_TRUE(testing::note_return(actions, key, Json::object()));
  clock_.advance(1s);
  EXPECT_EQ(reason_of(testing::note_return(actions, key, Json::object())), "action_unknown");
}

TEST_P(ActionsTest, OfMessagesSentAtOnceEachIsTakenOnceOrSentAgain) {
  std::string key;
  std::vector<std::unique_ptr<Verifier>> verifiers;
  verifiers.push_back(std::make_unique<WaitingVerifier>(key));
  Actions actions(db(), clock_, issuer_, std::move(verifiers));
  const auto action = testing::start(actions, {title_, creator_.did(), kGoodwill, "viewer-1"});
  ASSERT_TRUE(action) << action.error().message;
  std::atomic<int> taken = 0;
  {
    std::vector<std::jthread> senders;
    for (int i = 0; i < 8; ++i)
      senders.emplace_back([&] {
        const auto noted = testing::note(actions, action->action_id, {"viewer-1"}, Json::object());
        if (noted) ++taken;
        EXPECT_TRUE(noted || noted.error().reason == "action_moved_on") << noted.error().message;
      });
  }
  EXPECT_EQ(testing::note(actions, action->action_id, {"viewer-1"}, Json::object()).value(),
            (Json{{"heard", taken + 1}}));
}

}  // namespace
}  // namespace swarma::access::attest
