// Unlocking by e-mail on two nodes of one database, at the edges of its times. The mail server is a fake.
#include <gtest/gtest.h>

#include <regex>

#include "db/database_testing.h"
#include "harness.h"
#include "net/mail_testing.h"

namespace swarma::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kTerms =
    R"({"paths":[{"grants":{},"id":"mail","requires":{"params":{},"requirement":"email_verify"}}],"version":1})";
constexpr const char* kPublicUrl = "https://films.example";

class EmailTest : public ::testing::TestWithParam<db::testing::Engine> {
 protected:
  void SetUp() override {
    const auto done = publish(title_, a_.url(), a_.owner());
    ASSERT_TRUE(done) << done.error().message;
    at_a_.through(kPublicUrl);
    at_b_.through(kPublicUrl);
  }

  void TearDown() override { test_clock().set(began_ - test_clock().now()); }

  /// Somebody new.
  std::unique_ptr<TestViewer> viewer_at(const RunningNode& node) {
    auto viewer = std::make_unique<TestViewer>(node.url());
    viewer->through(kPublicUrl);
    return viewer;
  }
  std::string start(TestViewer& viewer) {
    const std::string id = title_.record.id.text();
    const Json offer = viewer.post("/v1/requirements/offer", {{"title_id", id}}).body;
    const Answer started = viewer.post(
        "/v1/actions/start",
        {{"title_id", id}, {"requirement", "email_verify"}, {"key", offer.at("paths")[0].at("requires").at("key")}});
    EXPECT_EQ(started.status, 200) << started.body.dump();
    return started.body.value("action_id", "");
  }
  static Answer order(TestViewer& viewer, const std::string& action, const char* address = "ada@example.net",
                      const std::string& idempotency_key = {}) {
    return viewer.post("/v1/actions/continue", {{"action_id", action}, {"message", {{"address", address}}}},
                       idempotency_key);
  }
  static Answer complete(TestViewer& viewer, const std::string& action, const Json& response) {
    return viewer.post("/v1/actions/complete", {{"action_id", action}, {"response", response}});
  }
  static std::string outcome(const Answer& answer) { return answer.status == 200 ? "fine" : answer.reason(); }

  /// The last of the texts that mails held, once its lines are one again.
  std::string last_in_mails(const char* pattern) {
    const std::string heard = std::regex_replace(post_office_.heard(), std::regex("=\r\n"), "");
    const std::regex wanted(pattern);
    std::string last;
    for (std::sregex_iterator at(heard.begin(), heard.end(), wanted), end; at != end; ++at) last = (*at)[1];
    return last;
  }
  std::string code() { return last_in_mails("code: (\\d{4} \\d{4})"); }
  std::size_t mails() {
    std::size_t count = 0;
    const std::string heard = post_office_.heard();
    for (std::size_t at = 0; (at = heard.find("Message-ID:", at)) != std::string::npos; ++at) ++count;
    return count;
  }
  std::string state() { return last_in_mails("state=3D([\\w-]+)"); }
  std::string token() { return last_in_mails("token=3D([\\w-]+)"); }
  /// As programs do that look through mails.
  int open_link() { return at_a_.get("/v1/actions/return?state=" + state() + "&token=" + token()).status; }
  Answer press_button(const RunningNode& node, const std::string& other_token = {}) {
    ProvenRequest request{.path = "/v1/actions/return/" + state(),
                          .headers = {},
                          .body = "token=" + (other_token.empty() ? token() : other_token)};
    request.headers.set("Content-Type", "application/x-www-form-urlencoded");
    return TestViewer::send(node.url(), request);
  }

  const Instant began_ = test_clock().now();
  net::testing::FakeSmtpServer post_office_;
  net::MailOptions mail_{.url = post_office_.url(), .from = "films@example.org", .tls = "off"};
  db::testing::TestDatabase database_ = db::testing::make_test_database(GetParam()).value();
  TemporaryFolder folder_;
  RunningNode a_{folder_.path(), database_.url(), kPublicUrl, mail_};
  RunningNode b_{folder_.path(), database_.url(), kPublicUrl, mail_};
  FakeTitle title_ = make_title(a_.owner(), kTerms);
  crypto::SigningKey key_ = crypto::SigningKey::generate();
  TestViewer at_a_{a_.url(), key_}, at_b_{b_.url(), key_};  // the same viewer
};
INSTANTIATE_TEST_SUITE_P(Engines, EmailTest, ::testing::ValuesIn(db::testing::kEngines), db::testing::engine_name);

TEST_P(EmailTest, AnyNodeGoesOnWhereAnotherStopped) {
  const std::string action = start(at_a_);
  ASSERT_EQ(outcome(order(at_b_, action)), "fine");
  const Answer done = complete(at_a_, action, {{"code", code()}});
  ASSERT_EQ(done.status, 200) << done.body.dump();
  const Json request = at_b_.key_request(title_.record, "mail", {0, 8}, {done.body.at("attestation")});
  EXPECT_EQ(outcome(at_b_.post("/v1/keys/request", request)), "fine");
  EXPECT_EQ(outcome(complete(at_b_, action, {{"code", code()}})), "action_completed");
}

TEST_P(EmailTest, ACodeIsGoodForFifteenMinutes) {
  const std::string action = start(at_a_);
  ASSERT_EQ(outcome(order(at_a_, action)), "fine");
  const std::string other = start(at_a_);
  ASSERT_EQ(outcome(order(at_a_, other, "eve@example.net")), "fine");
  const std::string others_code = code();
  EXPECT_EQ(outcome(complete(at_a_, action, {{"code", others_code}})), "mail_code_wrong");
  test_clock().advance(15min - 1s);
  EXPECT_EQ(outcome(complete(at_a_, other, {{"code", others_code}})), "fine");
  ASSERT_EQ(outcome(order(at_a_, action)), "fine");  // another mail begins another fifteen minutes
  test_clock().advance(15min);
  EXPECT_EQ(outcome(complete(at_b_, action, {{"code", code()}})), "mail_code_expired");
}

TEST_P(EmailTest, ALinkConfirmsAtAnyNodeAndOnlyInTime) {
  const std::string action = start(at_a_);
  ASSERT_EQ(outcome(order(at_a_, action)), "fine");
  EXPECT_EQ(outcome(complete(at_a_, action, Json::object())), "not_yet");
  EXPECT_EQ(open_link(), 200);
  EXPECT_EQ(outcome(press_button(b_, "AAAAAAAAAAAAAAAAAAAAAA")), "mail_link_bad");
  EXPECT_EQ(outcome(complete(at_a_, action, Json::object())), "not_yet");
  EXPECT_EQ(outcome(press_button(b_)), "fine");
  EXPECT_EQ(outcome(complete(at_a_, action, Json::object())), "fine");
  EXPECT_EQ(outcome(press_button(b_)), "action_unknown");

  const std::string late = start(at_a_);
  ASSERT_EQ(outcome(order(at_a_, late)), "fine");
  test_clock().advance(15min);
  EXPECT_EQ(outcome(press_button(a_)), "mail_link_bad");
  EXPECT_EQ(outcome(complete(at_a_, late, Json::object())), "not_yet");
}

TEST_P(EmailTest, AsksMayBeRepeatedAtTheOtherNodeAndSendOnce) {
  const std::string action = start(at_a_);
  const Answer first = order(at_a_, action, "ada@example.net", "key-1");
  ASSERT_EQ(first.status, 200);
  EXPECT_EQ(order(at_b_, action, "ada@example.net", "key-1").body, first.body);
  EXPECT_EQ(outcome(order(at_b_, action, "ada@example.net", "key-2")), "too_many_mails");
  EXPECT_EQ(mails(), 1u);
  test_clock().advance(60s);
  EXPECT_EQ(outcome(order(at_b_, action, "ada@example.net", "key-3")), "fine");
  EXPECT_EQ(mails(), 2u);
}

TEST_P(EmailTest, NodesCountAMailboxTogether) {
  for (int i = 0; i < 5; ++i) {
    const auto viewer = viewer_at(i % 2 == 0 ? a_ : b_);
    const Answer answer = order(*viewer, start(*viewer), i % 2 == 0 ? "Victim@example.net" : "victim+x@example.net");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body.at("reply").at("mail"), "sent");
  }
  EXPECT_EQ(mails(), 3u);
}

TEST_P(EmailTest, CodesAreForOneActionAndTenTries) {
  const std::string action = start(at_a_);
  ASSERT_EQ(outcome(order(at_a_, action)), "fine");
  const std::string right = code();
  const auto stranger = viewer_at(a_);
  EXPECT_EQ(outcome(complete(*stranger, action, {{"code", right}})), "action_wrong_viewer");
  EXPECT_EQ(outcome(complete(*stranger, start(*stranger), {{"code", right}})), "mail_code_wrong");
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(outcome(complete(i % 2 == 0 ? at_a_ : at_b_, action, {{"code", "0000000" + std::to_string(i)}})),
              "mail_code_wrong");
  EXPECT_EQ(outcome(complete(at_b_, action, {{"code", right}})), "too_many_tries");
}

}  // namespace
}  // namespace swarma::test
