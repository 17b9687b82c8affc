// Ways that may be used only so often, by a crowd of requests at once, on one node and on two of one database.
#include <gtest/gtest.h>

#include <atomic>

#include "access/policy/grant_claims.h"
#include "db/database_testing.h"
#include "harness.h"

namespace swarma::test {
namespace {

constexpr const char* kCounted =
    R"({"paths":[{"grants":{"max_plays":5,"ttl_s":60},"id":"plays"},{"grants":{"count":7,"ttl_s":60},"id":"rolls"}],"version":1})";
constexpr int kRequests = 500;
constexpr unsigned kSenders = 16;

class Counts : public ::testing::TestWithParam<std::tuple<db::testing::Engine, int>> {
 protected:
  void SetUp() override {
    auto made = db::testing::make_test_database(std::get<0>(GetParam()));
    ASSERT_TRUE(made) << made.error().message;
    database_.emplace(*std::move(made));
    for (int i = 0; i < std::get<1>(GetParam()); ++i)
      nodes_.push_back(std::make_unique<RunningNode>(folder_.path(), database_->url()));
    title_.emplace(make_title(nodes_[0]->owner(), kCounted));
    const auto done = publish(*title_, nodes_[0]->url(), nodes_[0]->owner());
    ASSERT_TRUE(done) << done.error().message;
  }
  /// How many of kRequests, sent by one viewer over all nodes at once, are granted; the others must say why not.
  int granted(const crypto::SigningKey& key, const std::function<Json(TestViewer&)>& body, const std::string& reason) {
    std::atomic<int> next = 0, granted = 0;
    {
      std::vector<std::jthread> senders;
      for (unsigned i = 0; i < kSenders; ++i)
        senders.emplace_back([&, i] {
          TestViewer viewer(nodes_[i % nodes_.size()]->url(), key);
          while (next++ < kRequests) {
            Answer answer = viewer.post("/v1/keys/request", body(viewer));
            // A crowd may be told to come again.
            for (int again = 0; answer.status == 503 && again < 200; ++again)
              answer = viewer.post("/v1/keys/request", body(viewer));
            if (answer.status == 200)
              ++granted;
            else
              EXPECT_EQ(answer.reason(), reason) << answer.body.dump();
          }
        });
    }
    return granted;
  }

  TemporaryFolder folder_;
  std::optional<db::testing::TestDatabase> database_;
  std::vector<std::unique_ptr<RunningNode>> nodes_;
  std::optional<FakeTitle> title_;
};
INSTANTIATE_TEST_SUITE_P(Crowds, Counts,
                         ::testing::Combine(::testing::ValuesIn(db::testing::kEngines), ::testing::Values(1, 2)),
                         [](const auto& at) {
                           return (std::get<0>(at.param) == db::testing::Engine::Sqlite ? "Sqlite" : "Postgresql") +
                                  std::to_string(std::get<1>(at.param));
                         });

TEST_P(Counts, AreNeverExceeded) {
  const auto key = crypto::SigningKey::generate();
  const auto ask = [&](TestViewer& viewer) { return viewer.key_request(title_->record, "plays", {0, 8}, {}); };
  EXPECT_EQ(granted(key, ask, "max_plays"), 5);
  TestViewer somebody(nodes_[0]->url());
  EXPECT_EQ(somebody.post("/v1/keys/request", ask(somebody)).status, 200);
}

TEST_P(Counts, OfRollingGrantsAreNeverExceeded) {
  const auto key = crypto::SigningKey::generate();
  TestViewer viewer(nodes_[0]->url(), key);
  const Answer first = viewer.post("/v1/keys/request", viewer.key_request(title_->record, "rolls", {0, 8}, {}));
  ASSERT_EQ(first.status, 200) << first.body.dump();
  const auto roll_on = [&](TestViewer& one) {
    Json body = one.key_request(title_->record, "rolls", {0, 8}, {});
    body.erase("attestations");
    body["unlock"] = first.body["grant"];
    return body;
  };
  EXPECT_EQ(granted(key, roll_on, "too_many_grants"), 6);
}

}  // namespace
}  // namespace swarma::test
