// A broker whose title's agent is elsewhere: the first test is the usage.
#include "access/grant/remote_agents.h"

#include <gtest/gtest.h>

#include "access/grant/agent_testing.h"
#include "access/grant/broker_testing.h"
#include "access/grant/home_agent.h"
#include "access/grant/pass_desk.h"
#include "once/tables.h"

namespace swarma::access::grant {

using namespace grant::testing;
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kPolicy = R"({"version":1,"paths":[
  {"id":"open","grants":{"ttl_s":600,"unlock_s":7200}},
  {"id":"kind","requires":{"requirement":"goodwill_ack","params":{"text":"Kind."}},"grants":{"max_plays":1}}]})";

struct RemoteAgentsTest : ::testing::Test {
  void SetUp() override {
    for (const auto list : {pass::migrations(), attest::migrations(), migrations(), once::migrations()})
      ASSERT_TRUE(database_->migrate(list));
    titles_.put(title_);
  }
  /// An agent's line, proven.
  RemoteAgents::LineId connect(const std::shared_ptr<ListedLine>& line) {
    const auto id = agents_.open(line).value();
    EXPECT_TRUE(agents_.prove(id, {creator_.signing.did(), creator_.decryption.encryption_key()}));
    return id;
  }
  KeyRequest open_request() { return viewer_.ask(title_, "open", {0, 10}, clock_.now()); }
  KeyRequest kind_request() {
    const auto policy = policy::parse_policy_text(title_.record.policy).value();
    return viewer_.ask(title_, "kind", {0, 10}, clock_.now(),
                       {viewer_.attest(title_, policy.find_path("kind")->leaves[0], fabric_, clock_.now())});
  }
  /// Where the answer will be.
  std::shared_ptr<std::optional<Result<Granted>>> ask(KeyRequest request) {
    auto answer = std::make_shared<std::optional<Result<Granted>>>();
    std::vector<Broker::Asked> asked;
    asked.push_back({std::move(request), [answer](Result<Granted> given) {
                       EXPECT_FALSE(*answer) << "answered twice";
                       *answer = std::move(given);
                     }});
    broker_.request(std::move(asked));
    return answer;
  }
  AnswerMessage decide(const OrderMessage& order) { return home_.answer(order, fabric_.did().text()); }
  static std::string reason(const std::shared_ptr<std::optional<Result<Granted>>>& answer) {
    return !*answer ? "nothing yet" : **answer ? "fine" : (**answer).error().reason;
  }

  FakeClock clock_;
  RemoteAgents::Time time_{0};
  TestCreator creator_;
  crypto::SigningKey fabric_ = crypto::SigningKey::generate();
  SigningViewer viewer_;
  TestTitle title_ = make_test_title(creator_, kPolicy);
  std::unique_ptr<db::Database> database_ = db::Database::open("sqlite::memory:").value();
  SignedTitlesInMemory titles_;
  PreparedTitles prepared_{titles_};
  AgentLimits limits_{.lines = 4, .lines_per_agent = 3, .orders_per_line = 2};
  RemoteAgents agents_{[this] { return time_; }, limits_};
  Broker broker_{{.database = *database_,
                  .clock = clock_,
                  .titles = prepared_,
                  .agent = agents_,
                  .own_issuers = {fabric_.did().text()},
                  .run = run_here}};
  // At home.
  LocalKeyAgent local_{creator_.signing, creator_.decryption};
  LocalPassAgent passes_{creator_.signing};
  HomeAgent home_{local_, passes_, clock_};
  std::shared_ptr<ListedLine> line_ = std::make_shared<ListedLine>();
};

TEST_F(RemoteAgentsTest, TheAnswerComesWhenTheAgentHasAnswered) {
  const auto id = connect(line_);
  const auto answer = ask(kind_request());
  EXPECT_EQ(reason(answer), "nothing yet");
  agents_.answer(id, decide(line_->order(0)));
  ASSERT_EQ(reason(answer), "fine");
  const auto claims = policy::verify_grant((**answer)->grant, creator_.signing.did()).value();
  EXPECT_EQ(claims.slots, (SlotRange{0, 10}));
  EXPECT_TRUE(policy::open_covers(claims, viewer_.decryption));
  EXPECT_EQ(titles_.unlocks(title_.record.id), 1);
  EXPECT_EQ(agents_.counts().orders, 0u);

  const auto further = ask(viewer_.ask(title_, "kind", {10, 20}, clock_.now(), {}, (**answer)->grant));
  agents_.answer(id, decide(line_->order(1)));
  EXPECT_EQ(reason(further), "fine");
}

TEST_F(RemoteAgentsTest, WhileItIsAwayNothingIsUsedUp) {
  const KeyRequest request = kind_request();
  EXPECT_EQ(reason(ask(request)), "agent_away");
  EXPECT_FALSE(agents_.is_here(title_.record.agent));
  const auto unproven = agents_.open(line_).value();
  EXPECT_EQ(reason(ask(request)), "agent_away");
  ASSERT_TRUE(agents_.prove(unproven, title_.record.agent));
  EXPECT_TRUE(agents_.is_here(title_.record.agent));
  const auto answer = ask(request);
  agents_.answer(unproven, decide(line_->order(0)));
  EXPECT_EQ(reason(answer), "fine");
  EXPECT_EQ(reason(ask(request)), "replayed_proof");  // now it is used
  EXPECT_EQ(database_->query("SELECT count(*) FROM grant_unlocks")->front().integer(0), 1);
}

TEST_F(RemoteAgentsTest, LinesOfOneAgentShareItsOrders) {
  const auto second = std::make_shared<ListedLine>();
  connect(line_);
  connect(second);
  for (int i = 0; i < 4; ++i) ask(open_request());
  EXPECT_EQ(line_->messages.size(), 2u);
  EXPECT_EQ(second->messages.size(), 2u);
  const auto refused = ask(open_request());
  EXPECT_EQ(reason(refused), "agent_busy");
  EXPECT_EQ((**refused).error().retry_after, 3s);
}

TEST_F(RemoteAgentsTest, WhatABrokenLineLeavesGoesToAnother) {
  const auto second = std::make_shared<ListedLine>();
  const auto first_id = connect(line_), second_id = connect(second);
  const auto answer = ask(open_request());
  ASSERT_EQ(line_->messages.size(), 1u);
  const OrderMessage order = line_->order(0);
  agents_.close(first_id);
  ASSERT_EQ(second->messages, line_->messages);
  agents_.answer(first_id, decide(order));  // too late: it is no longer asked
  EXPECT_EQ(reason(answer), "nothing yet");
  agents_.answer(second_id, decide(order));
  EXPECT_EQ(reason(answer), "fine");
  agents_.answer(second_id, decide(order));  // once more: nobody asked
  const auto lost = ask(open_request());
  agents_.close(second_id);
  EXPECT_EQ(reason(lost), "agent_away");
  EXPECT_EQ(agents_.counts().orders, 0u);
}

TEST_F(RemoteAgentsTest, SilenceMovesAnOrderAndThenEndsIt) {
  const auto second = std::make_shared<ListedLine>();
  connect(line_);
  connect(second);
  const auto answer = ask(open_request());
  time_ += limits_.silence - 1ms;
  agents_.look();
  EXPECT_EQ(second->messages.size(), 0u);
  time_ += 1ms;
  agents_.look();
  EXPECT_EQ(second->messages.size(), 1u);
  ask(open_request());  // the one that answered last time is preferred
  EXPECT_EQ(second->messages.size(), 2u);
  time_ = limits_.deadline;
  agents_.look();
  EXPECT_EQ(reason(answer), "agent_busy");
  time_ += limits_.deadline;
  agents_.look();
  EXPECT_EQ(agents_.counts().orders, 0u);
  connect(std::make_shared<ListedLine>());
}

TEST_F(RemoteAgentsTest, LinesAreBounded) {
  const auto line = [] { return std::make_shared<ListedLine>(); };
  for (int i = 0; i < 3; ++i) connect(line());
  const auto fourth = agents_.open(line_).value();
  EXPECT_EQ(agents_.prove(fourth, title_.record.agent).error().reason, "too_many_agents");
  EXPECT_EQ(agents_.open(line()).error().reason, "too_many_agents");
  time_ = limits_.proof_wait;
  agents_.look();
  EXPECT_EQ(line_->closed_for, "agent_proof_bad");
  agents_.close(fourth);
  EXPECT_TRUE(agents_.open(line()));
}

TEST_F(RemoteAgentsTest, OnlyWhatWasOrderedIsTaken) {
  const auto id = connect(line_);
  SigningViewer other;
  const auto grant_for = [&](const KeyRequest& request) {
    ask(request);
    const auto answer = decide(line_->order(line_->messages.size() - 1));
    agents_.answer(id, answer);
    return answer.grant;
  };
  const std::string for_another = grant_for(other.ask(title_, "open", {0, 10}, clock_.now()));
  const std::string other_slots = grant_for(viewer_.ask(title_, "open", {0, 11}, clock_.now()));
  const std::string other_path = grant_for(kind_request());
  ASSERT_FALSE(for_another.empty() || other_slots.empty() || other_path.empty());
  for (const std::string& grant : {for_another, other_slots, other_path, std::string("a.b.c")}) {
    const auto answer = ask(open_request());
    agents_.answer(id,
                   {.id = line_->order(line_->messages.size() - 1).id, .grant = grant, .reason = {}, .message = {}});
    EXPECT_EQ(reason(answer), "agent_failed");
  }
  const auto answer = ask(open_request());
  agents_.answer(id, {.id = line_->order(line_->messages.size() - 1).id,
                      .grant = {},
                      .reason = "database_path_of_the_agent",
                      .message = "/srv/agent/keys"});
  ASSERT_EQ(reason(answer), "agent_failed");
  EXPECT_EQ((**answer).error().message.find("/srv"), std::string::npos);
}

TEST_F(RemoteAgentsTest, AnUnlockGoesOnUnderItsOwnNameOnly) {
  const auto id = connect(line_);
  const auto first = ask(kind_request());
  agents_.answer(id, decide(line_->order(0)));
  ASSERT_EQ(reason(first), "fine");
  const auto further = ask(viewer_.ask(title_, "kind", {10, 20}, clock_.now(), {}, (**first)->grant));
  AnswerMessage answer = decide(line_->order(1));
  auto claims = policy::verify_grant(answer.grant, creator_.signing.did()).value();
  claims.unlock_id = to_base64url(random_array<16>());
  claims.grant_id = claims.unlock_id + "." + to_base64url(random_array<12>());
  answer.grant = policy::sign_grant(claims, creator_.signing).value();
  agents_.answer(id, answer);
  EXPECT_EQ(reason(further), "agent_failed");
}

TEST_F(RemoteAgentsTest, CountsThatMovedMeanwhileAreLookedAtAgain) {
  const auto id = connect(line_);
  const auto first = ask(kind_request()), second = ask(kind_request());  // one play, and both see none yet
  const OrderMessage orders[] = {line_->order(0), line_->order(1)};
  agents_.answer(id, decide(orders[0]));
  agents_.answer(id, decide(orders[1]));
  EXPECT_EQ(reason(first), "fine");
  EXPECT_EQ(reason(second), "max_plays");
}

struct PassesFromHome : RemoteAgentsTest {
  std::shared_ptr<std::optional<Result<std::string>>> join() {
    titles_.put(sells_);
    const auto policy = policy::parse_policy_text(sells_.record.policy).value();
    const Json body = {{"title_id", sells_.record.id.text()},
                       {"revision", 1},
                       {"path", "join"},
                       {"attestations", {viewer_.attest(sells_, policy.paths()[0].leaves[0], fabric_, clock_.now())}}};
    PassRequest request = parse_pass_request(body).value();
    request.viewer = viewer_.signing.jkt();
    request.base_url = "https://fabric.example";
    request.body = body.dump();
    request.dpop = viewer_.prove(request.body, clock_.now(), "/v1/passes/request");
    auto answer = std::make_shared<std::optional<Result<std::string>>>();
    desk_.request(std::move(request), [answer](Result<std::string> given) { *answer = std::move(given); });
    return answer;
  }
  PassOrderMessage order(std::size_t index) {
    return std::get<PassOrderMessage>(parse_from_fabric(line_->messages.at(index)).value());
  }
  AnswerMessage sign(const PassOrderMessage& order) { return home_.answer(order, fabric_.did().text()); }

  TestTitle sells_ = make_test_title(creator_, R"({"version":1,"paths":[
    {"id":"join","requires":{"requirement":"goodwill_ack","params":{"text":"I join."}},
     "grants":{"pass":{"tier":"gold","life_s":86400},"max_plays":1}}]})");
  LocalPassAgent of_the_fabric_{fabric_};
  ChosenPassAgent chosen_{fabric_.did(), of_the_fabric_, agents_, run_here};
  PassDesk desk_{{*database_, clock_, prepared_, chosen_, fabric_, {fabric_.did().text()}}};
};

TEST_F(PassesFromHome, AreSignedByTheirCreator) {
  EXPECT_EQ((**join()).error().reason, "agent_away");
  const auto id = connect(line_);
  const auto answer = join();
  EXPECT_FALSE(*answer);
  agents_.answer(id, sign(order(0)));
  ASSERT_TRUE(*answer && **answer) << (**answer).error().reason;
  const auto given = pass::verify_pass(***answer, {.issuer_jkt = creator_.signing.jkt(),
                                                   .holder = viewer_.signing.jkt(),
                                                   .title = title_.record.id,
                                                   .tier = "gold",
                                                   .now = clock_.now()});
  EXPECT_TRUE(given) << given.error().reason;
  EXPECT_EQ((**join()).error().reason, "max_plays");
}

TEST_F(PassesFromHome, AreAsOrderedAndForWhoAsked) {
  const auto id = connect(line_);
  auto answer = join();
  PassOrderMessage theirs = order(0);
  theirs.pass_id = to_base64url(random_array<16>());
  agents_.answer(id, sign(theirs));
  EXPECT_EQ((**answer).error().reason, "agent_failed");
  answer = join();
  PassOrderMessage stolen = order(1);
  stolen.proof = SigningViewer().prove(stolen.request, clock_.now(), "/v1/passes/request");
  EXPECT_EQ(sign(stolen).reason, "attestation_wrong_viewer");
  stolen.proof = viewer_.prove(stolen.request, clock_.now());
  EXPECT_EQ(sign(stolen).reason, "viewer_proof_bad");
  agents_.answer(id, sign(order(1)));
  EXPECT_TRUE(**answer);
}

TEST_F(RemoteAgentsTest, AnUnansweredRequestGoesWithTheAgents) {
  auto agents = std::make_unique<RemoteAgents>([this] { return time_; });
  const auto alive = std::make_shared<int>(0);
  const GrantOrder order{.title = title_.record.id,
                         .record = &title_.published.record,
                         .sealed = &title_.published.sealed,
                         .agent = &title_.record.agent,
                         .path = "open",
                         .slots = {0, 1},
                         .key_groups = {"sd"},
                         .viewer = viewer_.signing.jkt(),
                         .encryption_key = viewer_.decryption.encryption_key(),
                         .facts = {},
                         .previous = {}};
  ASSERT_TRUE(agents->prove(agents->open(line_).value(), title_.record.agent));
  agents->issue(order, [alive](auto) { ADD_FAILURE(); });
  EXPECT_EQ(alive.use_count(), 2);
  agents.reset();
  EXPECT_EQ(alive.use_count(), 1);
}

}  // namespace
}  // namespace swarma::access::grant
