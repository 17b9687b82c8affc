// Unlocking over real HTTP on loopback, against a node that this test plays: it can lie in every way a node could.
#include "access/unlock/unlock.h"

#include <gtest/gtest.h>

#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/random.h"
#include "crypto/dpop.h"
#include "crypto/hash.h"
#include "net/http_server.h"

namespace swarma::access::unlock {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kPolicy = R"({"version":1,"paths":[
  {"id":"preview","grants":{"slots":[0,8],"key_groups":["sd"]}},
  {"id":"all","requires":{"allOf":[{"requirement":"goodwill_ack","params":{"text":"Kind."}},
     {"anyOf":[{"requirement":"puzzle_solve","params":{"algorithm":"sha256","difficulty":6}},
               {"requirement":"allowlist_token","params":{"list":"friends"}}]}]},
   "grants":{"window_s":160}}]})";
constexpr Instant kNow(1'800'000'000);

/// A node with one title, open to being bent.
class FakeNode {
 public:
  FakeNode() : record_(make_record()) {
    std::vector<net::Route> routes;
    const auto add = [&](const char* path, auto handler) {
      net::Route route;
      route.method = "POST";
      route.pattern = path;
      route.handler = [this, handler](const net::Request& r) { return (this->*handler)(r); };
      routes.push_back(std::move(route));
    };
    add("/v1/requirements/offer", &FakeNode::offer);
    add("/v1/actions/start", &FakeNode::start);
    add("/v1/actions/complete", &FakeNode::complete);
    add("/v1/keys/request", &FakeNode::keys);
    net::ServerOptions options;
    options.loops = 1;
    options.workers = 1;
    server_ = net::HttpServer::create(options, std::move(routes), [](const net::Request&, const Error& e) {
                return problem(500, e.reason, e.message);
              }).value();
    runner_ = std::jthread([this] { server_->run(); });
  }
  ~FakeNode() { server_->stop(); }

  std::string url() const { return server_->url(); }
  const title::TitleRecord& record() const { return record_; }
  crypto::SecretKey root(const std::string& group) const { return crypto::group_root(secret_, group); }

  // What the tests bend and look at.
  std::function<void(policy::GrantClaims&)> bend_claims = [](auto&) {};
  std::function<void(policy::KeyCovers&)> bend_covers = [](auto&) {};
  std::function<void(Json&)> bend_offer = [](auto&) {};
  crypto::SigningKey signer = crypto::SigningKey::generate();
  bool ask_for_nonce = false;
  bool harder_puzzles = false;
  int busy = 0;        // so many answers are 503
  int busy_for_s = 0;  // with this wait
  std::vector<Json> key_requests;
  std::vector<std::string> met;
  int nonce_refusals = 0;

 private:
  title::TitleRecord make_record() {
    const auto creator = crypto::SigningKey::generate();
    const std::string nonce = to_base64url(random_array<16>());
    const BlobId blob(crypto::sha256(view("blob")));
    return {.id = title::make_title_id(creator.did(), nonce),
            .nonce = nonce,
            .revision = 3,
            .creator = creator.did(),
            .created_at = kNow,
            .name = "A film",
            .language = "en",
            .summary = {},
            .tags = {},
            .duration_ms = 400'000,
            .slots = 100,
            .salt = to_base64url(random_array<16>()),
            .key_groups = {"hd", "sd"},
            .playlist = blob,
            .details = blob,
            .poster = std::nullopt,
            .policy = policy::parse_policy_text(kPolicy).value().canonical(),
            .agent = {signer.did(), crypto::DecryptionKey::generate().encryption_key()}};
  }
  static net::Response reply(int status, const Json& json, const char* type = "application/json") {
    net::Response response{.status = status, .headers = {}, .body = json.dump()};
    response.headers.set("Content-Type", type);
    return response;
  }
  static net::Response problem(int status, const std::string& reason, const std::string& detail, Json unmet = nullptr) {
    Json json = {{"type", "/problems/" + reason}, {"title", reason}, {"status", status}, {"detail", detail}};
    if (!unmet.is_null()) json["unmet"] = std::move(unmet);
    return reply(status, json, "application/problem+json");
  }

  net::Response offer(const net::Request&) {
    if (busy > 0) {
      --busy;
      return reply(503, {{"type", "/problems/database_busy"}, {"detail", "Wait."}, {"retry_after_s", busy_for_s}},
                   "application/problem+json");
    }
    const auto policy = policy::parse_policy_text(record_.policy).value();
    Json json = {{"title_id", record_.id.text()},
                 {"revision", record_.revision},
                 {"policy_hash", title::policy_hash(record_.policy)},
                 {"slots", record_.slots},
                 {"duration_ms", record_.duration_ms},
                 {"paths", policy::offer_paths(policy, {record_.slots, record_.duration_ms, record_.key_groups},
                                               [](const auto&) { return true; })}};
    bend_offer(json);
    return reply(200, json);
  }

  std::optional<net::Response> refuse_proof(const net::Request& request, std::string& jkt) {
    const crypto::DpopClaims expected{.method = "POST",
                                      .url = crypto::normalise_htu(request.base_url + request.path).value(),
                                      .nonce = ask_for_nonce ? "fresh" : "",
                                      .body_digest = to_base64url(crypto::sha256(view(request.body)))};
    if (request.headers.get("Idempotency-Key").empty()) return problem(400, "idempotency_key_bad", "No key.");
    const auto proof = crypto::verify_dpop_proof(request.headers.get("DPoP"), expected, kNow);
    if (proof) {
      jkt = proof->jkt;
      return std::nullopt;
    }
    ++nonce_refusals;
    net::Response response =
        problem(401, ask_for_nonce ? "use_dpop_nonce" : proof.error().reason, proof.error().message);
    response.headers.set("DPoP-Nonce", "fresh");
    return response;
  }

  net::Response start(const net::Request& request) {
    std::string jkt;
    if (auto refused = refuse_proof(request, jkt)) return *refused;
    const Json body = parse_json(request.body).value();
    const auto policy = policy::parse_policy_text(record_.policy).value();
    const auto* leaf = policy.find_leaf(body["key"].get<std::string>());
    Json challenge = parse_json(leaf->params).value();
    if (leaf->requirement == policy::Requirement::PuzzleSolve) challenge["seed"] = "seed";
    if (harder_puzzles && challenge.contains("difficulty")) challenge["difficulty"] = 30;
    return reply(200, {{"action_id", leaf->key},
                       {"requirement", body["requirement"]},
                       {"challenge", challenge},
                       {"expires_at", (kNow + 60s).unix_s()}});
  }

  net::Response complete(const net::Request& request) {
    std::string jkt;
    if (auto refused = refuse_proof(request, jkt)) return *refused;
    const Json body = parse_json(request.body).value();
    if (body["response"].contains("code") && body["response"]["code"] != "popcorn")
      return problem(403, "wrong_code", "This code is not on the list.");
    met.push_back(body["response"].dump());
    return reply(200, {{"attestation", "attestation-of-" + body["action_id"].get<std::string>()}});
  }

  net::Response keys(const net::Request& request) {
    std::string jkt;
    if (auto refused = refuse_proof(request, jkt)) return *refused;
    const Json body = parse_json(request.body).value();
    key_requests.push_back(body);
    if (body["path"] == "all" && !body.contains("unlock") && body["attestations"].size() < 2)
      return problem(403, "policy_unmet", "The terms are not met.", {{{"how", "Solve the puzzle."}, {"key", "k"}}});
    policy::GrantClaims claims{.grant_id = "unlock.1",
                               .unlock_id = "unlock",
                               .title = record_.id,
                               .revision = record_.revision,
                               .slots = {body["slots"][0], body["slots"][1]},
                               .key_groups = body["key_groups"],
                               .keys = {},
                               .policy_hash = title::policy_hash(record_.policy),
                               .path = body["path"],
                               .viewer = jkt,
                               .issued_at = kNow,
                               .expires_at = Expiry(kNow, 600s),
                               .unlock_until = Expiry(kNow, 6000s),
                               .watermark_salt = "s"};
    policy::KeyCovers covers;
    for (const std::string& group : claims.key_groups)
      covers[group] = crypto::cover(root(group), record_.slots, claims.slots);
    bend_covers(covers);
    crypto::JweSealer sealer;
    claims.keys = policy::seal_covers(claims.grant_id, covers,
                                      crypto::EncryptionKey::from_jwk(body["encryption_key"]).value(), sealer);
    bend_claims(claims);
    return reply(200, {{"grant", policy::sign_grant(claims, signer).value()}});
  }

  crypto::SecretKey secret_ = crypto::random_key();
  title::TitleRecord record_;
  std::unique_ptr<net::HttpServer> server_;
  std::jthread runner_;
};

class UnlockTest : public ::testing::Test {
 protected:
  Unlocker unlocker() { return Unlocker(http_, node_.url(), clock_, viewer_, node_.record()); }
  std::string reason(const Answers& answers, Slot first = 0) {
    const auto unlocked = unlocker().unlock(answers, first);
    return unlocked ? "fine" : unlocked.error().reason;
  }
  void expect_keys(Unlocked& unlocked, const std::string& group, SlotRange open) {
    ASSERT_TRUE(unlocked.covers.contains(group));
    crypto::KeyRing ring(100);
    for (const crypto::TreeNode& node : unlocked.covers.at(group)) ASSERT_TRUE(ring.add(node));
    crypto::KeyRing creator(100);
    ASSERT_TRUE(creator.add({0, 0, node_.root(group)}));
    for (Slot slot = 0; slot < 100; ++slot) {
      const auto leaf = ring.find_leaf(slot);
      ASSERT_EQ(leaf.has_value(), open.contains(slot)) << slot;
      if (leaf) EXPECT_EQ(*leaf, *creator.find_leaf(slot));
    }
  }

  FakeNode node_;
  FakeClock clock_{kNow};
  net::HttpClient http_;
  crypto::SigningKey signing_ = crypto::SigningKey::generate();
  crypto::DecryptionKey decryption_ = crypto::DecryptionKey::generate();
  Viewer viewer_{signing_, decryption_};
  const Answers accept_{.accept_goodwill = true,
                        .code = {},
                        .path = {},
                        .puzzle_threads = 2,
                        .ask_goodwill = {},
                        .ask_code = {},
                        .on_puzzle = {}};
};

TEST_F(UnlockTest, AcceptsSolvesAndGetsKeys) {
  auto unlocker = this->unlocker();
  auto unlocked = unlocker.unlock(accept_);
  ASSERT_TRUE(unlocked) << unlocked.error().message;
  EXPECT_EQ(unlocked->grant.path, "all");
  EXPECT_EQ(unlocked->grant.slots, (SlotRange{0, 40}));  // window_s of 160 s
  expect_keys(*unlocked, "hd", {0, 40});
  expect_keys(*unlocked, "sd", {0, 40});
  EXPECT_EQ(node_.met.size(), 2u);

  auto further = unlocker.renew(*unlocked, 40);
  ASSERT_TRUE(further) << further.error().message;
  EXPECT_EQ(node_.key_requests.back().contains("unlock"), true);
  expect_keys(*further, "hd", {40, 80});
}

TEST_F(UnlockTest, WithoutAnswersOpensWhatIsOpen) {
  auto unlocked = unlocker().unlock({});
  ASSERT_TRUE(unlocked) << unlocked.error().message;
  EXPECT_EQ(unlocked->grant.path, "preview");
  expect_keys(*unlocked, "sd", {0, 8});
  const auto beyond = unlocker().unlock({}, 8);
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().reason, "cannot_meet");
  EXPECT_NE(beyond.error().message.find("Accept “Kind.”"), std::string::npos) << beyond.error().message;
}

TEST_F(UnlockTest, AsksAndTakesAnotherWayWhenDeclined) {
  Answers answers;
  std::vector<std::string> asked;
  answers.ask_goodwill = [&](const std::string& text) {
    asked.push_back(text);
    return true;
  };
  answers.ask_code = [&](const std::string& list) {
    asked.push_back(list);
    return std::optional<std::string>();
  };
  EXPECT_EQ(reason(answers), "fine");
  EXPECT_EQ(asked, std::vector<std::string>{"Kind."});  // the puzzle is cheaper than being asked for a code
  answers.ask_goodwill = [&](const std::string&) { return false; };
  auto unlocked = unlocker().unlock(answers);
  ASSERT_TRUE(unlocked) << unlocked.error().message;
  EXPECT_EQ(unlocked->grant.path, "preview");
}

TEST_F(UnlockTest, AWrongCodeIsSaidByItsReason) {
  Answers answers = accept_;
  answers.code = "peanuts";
  EXPECT_EQ(reason(answers), "wrong_code");
  answers.code = "popcorn";
  EXPECT_EQ(reason(answers), "fine");
}

TEST_F(UnlockTest, TakesTheNonceItIsTold) {
  node_.ask_for_nonce = true;
  EXPECT_EQ(reason(accept_), "fine");
  EXPECT_EQ(node_.nonce_refusals, 1);
}

TEST_F(UnlockTest, WaitsForANodeThatIsBusyForAMoment) {
  node_.busy = 2;
  EXPECT_EQ(reason(accept_), "fine");
  node_.busy = 10;
  EXPECT_EQ(reason(accept_), "database_busy");
  EXPECT_EQ(node_.busy, 7) << "it is asked three times";
  node_.busy_for_s = 60;
  const auto refused = unlocker().unlock(accept_, 0);
  EXPECT_EQ(node_.busy, 6) << "a long wait is the caller's to decide";
  EXPECT_EQ(refused.error().retry_after, std::chrono::seconds(60));
}

TEST_F(UnlockTest, GrantsThatAreNotRightHaveDistinctReasons) {
  const auto with = [&](auto bend) {
    node_.bend_claims = bend;
    return reason(accept_);
  };
  EXPECT_EQ(with([](auto& g) { g.viewer = "another"; }), "grant_wrong_viewer");
  EXPECT_EQ(with([](auto& g) { g.title = TitleId(TitleId::Raw{1}); }), "grant_wrong_title");
  EXPECT_EQ(with([](auto& g) { g.revision = 2; }), "grant_old_revision");
  EXPECT_EQ(with([](auto& g) { g.policy_hash = "x"; }), "grant_other_policy");
  EXPECT_EQ(with([](auto& g) { g.expires_at = Expiry(kNow, 0s); }), "grant_expired");
  EXPECT_EQ(with([](auto& g) { g.slots = {0, 41}; }), "grant_forged");
  EXPECT_EQ(with([](auto& g) { g.key_groups = {"hd"}; }), "grant_forged");
  crypto::JweSealer sealer;
  EXPECT_EQ(with([&](auto& g) {
              g.keys = policy::seal_covers(g.grant_id, {}, crypto::DecryptionKey::generate().encryption_key(), sealer);
            }),
            "grant_not_for_this_key");
  EXPECT_EQ(with([](auto& g) { g.grant_id = "other.1"; }), "grant_forged");
  EXPECT_EQ(with([](auto&) {}), "fine");
  node_.signer = crypto::SigningKey::generate();
  EXPECT_EQ(reason(accept_), "grant_forged");
}

TEST_F(UnlockTest, KeysMustBeExactlyTheCoverOfTheSlots) {
  node_.bend_covers = [](policy::KeyCovers& covers) { covers["hd"].pop_back(); };
  EXPECT_EQ(reason(accept_), "grant_forged");
  node_.bend_covers = [this](policy::KeyCovers& covers) { covers["hd"] = {{0, 0, node_.root("hd")}}; };
  EXPECT_EQ(reason(accept_), "grant_forged");
  node_.bend_covers = [](policy::KeyCovers& covers) { covers["uhd"] = covers["hd"]; };
  EXPECT_EQ(reason(accept_), "grant_forged");
}

TEST_F(UnlockTest, DoesNotFollowAnOfferThatLies) {
  node_.bend_offer = [](Json& offer) { offer["revision"] = 4; };
  EXPECT_EQ(reason(accept_), "not_current_revision");
  node_.bend_offer = [](Json& offer) { offer["policy_hash"] = "x"; };
  EXPECT_EQ(reason(accept_), "not_current_revision");
  node_.bend_offer = [](Json& offer) { offer["paths"] = "all"; };
  EXPECT_EQ(reason(accept_), "bad_member");
  // Terms are those of the record, whatever the offer says.
  node_.bend_offer = [](Json& offer) { offer["paths"][0]["grants"]["slots"] = {0, 100}; };
  EXPECT_EQ(reason({}, 8), "cannot_meet");
  node_.bend_offer = [](Json&) {};
  node_.harder_puzzles = true;
  EXPECT_EQ(reason(accept_), "challenge_bad");
}

TEST_F(UnlockTest, ANodeThatIsGoneIsSaidSo) {
  Unlocker gone(http_, "http://127.0.0.1:1", clock_, viewer_, node_.record());
  EXPECT_EQ(gone.unlock(accept_).error().code, ErrorCode::Unavailable);
}

TEST(Puzzle, IsSolvedByTheSmallestNumberOnAnyNumberOfThreads) {
  const auto bits = [](const std::string& solution) {
    const auto digest = crypto::sha256(view("seed:" + solution));
    return digest[0] == 0 && digest[1] < 16;
  };
  std::uint64_t smallest = 0;
  while (!bits(std::to_string(smallest))) ++smallest;
  for (unsigned threads : {1u, 2u, 4u}) EXPECT_EQ(solve_puzzle("seed", 12, threads).value(), std::to_string(smallest));
  EXPECT_EQ(solve_puzzle("seed", 65, 1).error().reason, "puzzle_too_hard");
}

TEST(Puzzle, CanBeGivenUp) {
  int calls = 0;
  const auto result = solve_puzzle("seed", 60, 2, [&](double part) {
    EXPECT_GT(part, 0);
    return ++calls < 2;
  });
  EXPECT_EQ(result.error().reason, "cancelled");
}

}  // namespace
}  // namespace swarma::access::unlock
