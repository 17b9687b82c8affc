// Passes of another node: its status list decides, over real HTTP on loopback.
#include "access/attest/foreign_passes.h"

#include "access/attest/verifiers_testing.h"
#include "access/pass/pass_book.h"
#include "base/random.h"
#include "net/outbound.h"
#include "net/server_testing.h"

namespace swarma::access::attest {
namespace {

using namespace std::chrono_literals;
using testing::reason_of;

class ForeignPassTest : public testing::VerifierTest {
 protected:
  void migrate() override {
    VerifierTest::migrate();
    ASSERT_TRUE(db().migrate(pass::migrations()));
    serve();
  }
  std::unique_ptr<Actions> make_node() override {
    return std::make_unique<Actions>(
        db(), clock_, issuer_,
        make_verifiers(
            {.database = db(), .network_key = network_key_, .run = [](auto work) { work(); }, .outbound = &outbound_}));
  }
  /// The other node: it serves its list, and counts who asks.
  void serve() {
    net::ServerOptions options;
    if (server_) {
      const std::uint16_t port = server_->port();
      server_.reset();
      options.port = port;
    }
    server_.emplace(
        std::vector{net::testing::route("GET", "/list",
                                        [this](const net::Request&) {
                                          ++asked_;
                                          return net::testing::text_response(served_.empty() ? signed_list() : served_);
                                        })},
        options);
  }
  std::string url() { return server_->url("/list"); }
  std::string signed_list() { return pass::sign_status_list(list_, url(), other_node_, clock_.now()).value(); }
  std::string gold(std::uint32_t index) {
    return pass::sign_pass({.id = to_base64url(random_array<16>()),
                            .issuer = creator_.did(),
                            .subject = viewer_.jkt(),
                            .tier = "gold",
                            .titles = {},
                            .valid_from = clock_.now(),
                            .valid_until = Expiry(clock_.now(), std::chrono::hours(24)),
                            .status = pass::StatusEntry{url(), other_node_.did(), index}},
                           creator_)
        .value();
  }
  Result<IssuedAttestation> show(const std::string& pass) {
    const auto leaf = testing::leaf_with(policy::Requirement::AllowlistToken, {{"pass", "gold"}});
    return answer(started(leaf, viewer_.jkt()).first, {{"pass", pass}}, viewer_.jkt());
  }
  std::vector<std::string> look() {
    ForeignPasses passes(db(), &outbound_, [](auto work) { work(); });
    return testing::wait_for<std::vector<std::string>>(
               [&](auto done) { passes.look_again(clock_.now(), std::move(done)); })
        .value();
  }

  crypto::SigningKey other_node_ = crypto::SigningKey::generate(), viewer_ = crypto::SigningKey::generate();
  pass::StatusList list_;
  std::string served_;  // instead of the list
  std::atomic<int> asked_ = 0;
  std::optional<net::testing::RunningServer> server_;
  net::Outbound outbound_{{.is_public = [](auto) { return true; }}};  // loopback passes for the internet
};
INSTANTIATE_TEST_SUITE_P(Engines, ForeignPassTest, ::testing::ValuesIn(db::testing::kEngines),
                         db::testing::engine_name);

TEST_P(ForeignPassTest, AListIsFetchedAndBelievedForAMinute) {
  list_.set(7);
  EXPECT_EQ(reason_of(show(gold(6))), "fine");
  EXPECT_EQ(reason_of(show(gold(7))), "pass_revoked");
  EXPECT_EQ(asked_, 1);
  list_.set(6);
  EXPECT_EQ(reason_of(show(gold(6))), "fine");
  clock_.advance(kListFresh + 1s);
  EXPECT_EQ(reason_of(show(gold(6))), "pass_revoked");
  EXPECT_EQ(asked_, 2);
}

TEST_P(ForeignPassTest, UnknownIsNotValidAfterAnHour) {
  const std::string pass = gold(6);
  EXPECT_EQ(reason_of(show(pass)), "fine");
  server_->stop();
  clock_.advance(kListUsable);
  EXPECT_EQ(reason_of(show(pass)), "fine");
  clock_.advance(1s);
  EXPECT_EQ(reason_of(show(pass)), "pass_status_unknown");
  // Known again, once it answers again.
  serve();
  EXPECT_EQ(reason_of(show(pass)), "fine");
}

TEST_P(ForeignPassTest, AListBySomebodyElseIsNoList) {
  served_ = pass::sign_status_list({}, url(), creator_, clock_.now()).value();
  EXPECT_EQ(reason_of(show(gold(6))), "status_list_forged");
  served_ = std::string(pass::kMaxListBytes + 1, 'a');
  EXPECT_EQ(reason_of(show(gold(6))), "pass_status_unknown");
  served_ = "no list";
  EXPECT_EQ(reason_of(show(gold(6))), "status_list_forged");
}

TEST_P(ForeignPassTest, ARevocationElsewhereIsFoundByLookingAgain) {
  const std::string pass = gold(6), other = gold(5);
  EXPECT_EQ(reason_of(show(pass)), "fine");
  EXPECT_EQ(reason_of(show(other)), "fine");
  EXPECT_TRUE(look().empty());
  list_.set(6);
  clock_.advance(kListFresh + 1s);
  const std::vector<std::string> revoked = look();
  ASSERT_EQ(revoked.size(), 1u);
  const std::string id = crypto::peek_jws(pass).value()["id"];
  EXPECT_EQ("urn:swarma:pass:" + revoked[0], id);
  EXPECT_TRUE(look().empty());  // told once
}

TEST_P(ForeignPassTest, NobodyIsSentInside) {
  net::Outbound guarded;
  actions_ = std::make_unique<Actions>(
      db(), clock_, issuer_,
      make_verifiers(
          {.database = db(), .network_key = network_key_, .run = [](auto work) { work(); }, .outbound = &guarded}));
  EXPECT_EQ(reason_of(show(gold(6))), "pass_status_unknown");
  EXPECT_EQ(asked_, 0);
}

}  // namespace
}  // namespace swarma::access::attest
