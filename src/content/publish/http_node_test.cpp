#include "content/publish/http_node.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "content/blob/blob_store.h"
#include "content/publish/blob_route.h"
#include "content/publish/ports_testing.h"
#include "crypto/dpop.h"
#include "crypto/hash.h"
#include "net/http_server.h"

namespace swarma::content::publish {
namespace {

net::Response problem(int status, const std::string& reason, const std::string& detail) {
  net::Response response{
      .status = status, .headers = {}, .body = Json{{"type", "/problems/" + reason}, {"detail", detail}}.dump()};
  response.headers.set("Content-Type", "application/problem+json");
  return response;
}

/// As much of a node as a publisher meets: checks every proof, hands out nonces, keeps blobs.
class FakeNode {
 public:
  explicit FakeNode(crypto::Did owner) : owner_(std::move(owner)) {
    std::vector<net::Route> routes;
    routes.push_back(route("PUT", "/upload", 1 << 20, [this](const net::Request& r) { return on_upload(r); }));
    routes.push_back(route("POST", "/v1/titles", 1 << 20, [this](const net::Request& r) { return on_title(r); }));
    routes.push_back(route("GET", "/{blob}", 0, [this](const net::Request& r) { return on_blob(r); }));
    routes.push_back(route("GET", "/v1/node", 0, [this](const net::Request&) { return on_node(); }));
    net::ServerOptions options;
    options.loops = 1;
    server_ = std::move(*net::HttpServer::create(options, std::move(routes), [](const net::Request&, const Error& e) {
      return problem(400, e.reason, e.message);
    }));
    thread_ = std::thread([this] { server_->run(); });
  }
  ~FakeNode() {
    server_->stop();
    thread_.join();
  }
  std::string url() const { return server_->url(); }

  std::mutex mutex;
  std::map<std::string, std::string> blobs;
  std::set<std::string> proofs;     // jti
  std::vector<std::string> titles;  // bodies
  std::vector<std::string> keys;    // Idempotency-Key
  std::string nonce = "nonce-1";
  int busy = 0;  // so many requests get 503
  std::string retry_after;
  int asked_for_nonce = 0;
  std::string refuse;  // reason of a final refusal
  std::shared_ptr<blob::BlobStore> works_on;

 private:
  static net::Route route(std::string method, std::string pattern, std::size_t max_body, net::Handler handler) {
    return {.method = std::move(method),
            .pattern = std::move(pattern),
            .max_body = max_body,
            .handler = std::move(handler),
            .sink = {}};
  }

  std::optional<net::Response> check(const net::Request& request) {
    if (busy > 0) {
      --busy;
      net::Response response = problem(503, "busy", "Try again.");
      if (!retry_after.empty()) response.headers.set("Retry-After", retry_after);
      return response;
    }
    if (!refuse.empty()) return problem(403, refuse, "You may not.");
    const std::string token(request.headers.get("Authorization"));
    const crypto::DpopClaims expected{.method = request.method,
                                      .url = *crypto::normalise_htu(url() + request.path),
                                      .nonce = nonce,
                                      .body_digest = to_base64url(crypto::sha256(view(request.body))),
                                      .access_token = token.empty() ? "" : token.substr(5)};
    const auto proof = crypto::verify_dpop_proof(request.headers.get("DPoP"), expected, Instant(1'800'000'000));
    if (!proof) {
      if (proof.error().reason == "use_dpop_nonce") ++asked_for_nonce;
      net::Response response = problem(401, proof.error().reason, proof.error().message);
      response.headers.set("DPoP-Nonce", nonce);
      return response;
    }
    if (!(proof->signer == owner_)) return problem(403, "not_owner", "Only the owner publishes here.");
    if (!proofs.insert(proof->jti).second) return problem(401, "replayed_proof", "Seen.");
    return std::nullopt;
  }

  net::Response on_upload(const net::Request& request) {
    const std::lock_guard lock(mutex);
    if (auto refused = check(request)) return *refused;
    const std::string name(request.headers.get("X-SHA-256"));
    if (to_hex(crypto::sha256(view(request.body))) != name) return problem(400, "hash_mismatch", "Other bytes.");
    return {.status = blobs.emplace(name, request.body).second ? 201 : 200, .headers = {}, .body = {}};
  }
  net::Response on_title(const net::Request& request) {
    const std::lock_guard lock(mutex);
    if (auto refused = check(request)) return *refused;
    titles.push_back(request.body);
    keys.emplace_back(request.headers.get("Idempotency-Key"));
    return {.status = 201, .headers = {}, .body = {}};
  }
  net::Response on_blob(const net::Request& request) {
    const std::lock_guard lock(mutex);
    const std::string name = request.path.substr(1, 64);
    if (works_on && *works_on->find_size(*BlobId::parse(name))) return {.status = 200, .headers = {}, .body = {}};
    const auto blob = blobs.find(name);
    if (blob == blobs.end()) return problem(404, "blob_not_found", "No.");
    return {.status = 200, .headers = {}, .body = blob->second};
  }
  net::Response on_node() {
    const std::lock_guard lock(mutex);
    const Json body = {
        {"name", "fake"},
        {"version", "0"},
        {"owner", owner_.text()},
        {"nonce", nonce},
        {"agent",
         {{"signer", owner_.text()}, {"encryption", crypto::DecryptionKey::generate().encryption_key().did()}}}};
    return {.status = 200, .headers = {}, .body = body.dump()};
  }

  crypto::Did owner_;
  std::unique_ptr<net::HttpServer> server_;
  std::thread thread_;
};

struct Meeting {
  crypto::SigningKey key = crypto::SigningKey::generate();
  FakeClock clock;
  FakeNode node{key.did()};
  NodeClient client{
      {.url = node.url(), .token = {}, .http = {}, .first_pause = std::chrono::milliseconds(1)}, key, clock};
};

Result<void> put(BlobSink& sink, std::string_view text) {
  return sink.put(crypto::blob_id_of(view(text)), to_bytes(text));
}

TEST(HttpNode, UploadsBlobsAndThenTheRecord) {
  Meeting m;
  const auto sink = make_http_blob_sink(m.client, 4);
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(put(*sink, "blob " + std::to_string(i)));
  const auto flushed = sink->flush();
  ASSERT_TRUE(flushed) << flushed.error().message;
  EXPECT_EQ(m.node.blobs.size(), 50u);

  HttpTitlePort titles(m.client);
  ASSERT_TRUE(titles.publish("a.b.c", "d.e.f.g.h"));
  ASSERT_TRUE(titles.publish("a.b.c", "d.e.f.g.h"));
  ASSERT_EQ(m.node.titles.size(), 2u);
  EXPECT_EQ(m.node.titles[0], R"({"record":"a.b.c","sealed":"d.e.f.g.h"})");
  // None: a rerun must not wait for the lease of a killed request.
  EXPECT_EQ(m.node.keys, (std::vector<std::string>{"", ""}));
}

TEST(BlobRoute, GoesStraightIntoTheFolderThatTheNodeWorksOn) {
  Meeting m;
  const testing::TemporaryFolder own, copy;
  m.node.works_on = *blob::open_directory_blob_store(own / "blobs");
  ASSERT_TRUE(blob::open_directory_blob_store(copy / "blobs"));
  std::size_t sent = 0;
  for (const auto& [folder, direct] :
       {std::pair(own / "blobs", true), std::pair(copy / "blobs", false), std::pair(copy / "missing", false)}) {
    const auto sink = choose_blob_sink(m.client, folder, 2);
    ASSERT_TRUE(sink) << sink.error().message;
    ASSERT_TRUE(put(**sink, folder.string()));
    ASSERT_TRUE((*sink)->flush());
    EXPECT_EQ(m.node.works_on->find_size(crypto::blob_id_of(view(folder.string())))->has_value(), direct) << folder;
    sent += direct ? 0 : 1;
    EXPECT_EQ(m.node.blobs.size(), sent) << folder;
  }
  std::size_t kept = 0;  // the probes are gone
  ASSERT_TRUE(m.node.works_on->list([&](const BlobId&, std::uint64_t) { return ++kept, true; }));
  EXPECT_EQ(kept, 1u);
  EXPECT_FALSE(std::filesystem::exists(copy / "missing"));
}

TEST(HttpNode, LearnsItsNonceOnceFromTheNode) {
  Meeting m;
  const auto info = m.client.read_node();
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_TRUE(info->owner == m.key.did());
  const auto sink = make_http_blob_sink(m.client);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(put(*sink, std::to_string(i)));
  ASSERT_TRUE(sink->flush());
  EXPECT_EQ(m.node.asked_for_nonce, 0);
}

TEST(HttpNode, TakesANewNonceWhenTheOldOneHasEnded) {
  Meeting m;
  ASSERT_TRUE(m.client.read_node());
  {
    const std::lock_guard lock(m.node.mutex);
    m.node.nonce = "nonce-2";
  }
  const auto sink = make_http_blob_sink(m.client, 1);
  ASSERT_TRUE(put(*sink, "a"));
  ASSERT_TRUE(put(*sink, "b"));
  ASSERT_TRUE(sink->flush());
  EXPECT_EQ(m.node.asked_for_nonce, 1);
}

TEST(HttpNode, FindsWhatIsMissing) {
  Meeting m;
  const auto sink = make_http_blob_sink(m.client);
  ASSERT_TRUE(put(*sink, "here"));
  ASSERT_TRUE(sink->flush());
  const std::vector<BlobId> ids{crypto::blob_id_of(view("here")), crypto::blob_id_of(view("not here"))};
  const auto missing = sink->find_missing(ids);
  ASSERT_TRUE(missing) << missing.error().message;
  EXPECT_EQ(*missing, std::vector<BlobId>{ids[1]});
}

TEST(HttpNode, AsksABusyNodeAgain) {
  Meeting m;
  m.node.busy = 3;
  const auto sink = make_http_blob_sink(m.client, 1);
  ASSERT_TRUE(put(*sink, "a"));
  ASSERT_TRUE(sink->flush());
  EXPECT_EQ(m.node.blobs.size(), 1u);
}

TEST(HttpNode, GivesUpOnANodeThatStaysBusy) {
  Meeting m;
  m.node.busy = 1'000;
  const auto refused = m.client.send_signed("POST", "/v1/titles", {}, "{}");
  EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
  EXPECT_EQ(refused.error().reason, "busy");
}

TEST(HttpNode, DoesNotWaitForANodeThatAsksForTooMuch) {
  Meeting m;
  m.node.busy = 10;
  m.node.retry_after = "3600";
  const auto refused = m.client.send_signed("POST", "/v1/titles", {}, "{}");
  EXPECT_EQ(refused.error().retry_after, std::chrono::hours(1));
  EXPECT_EQ(m.node.busy, 9);
  m.node.busy = 2;
  m.node.retry_after = "0";
  EXPECT_TRUE(m.client.send_signed("POST", "/v1/titles", {}, "{}"));
}

TEST(HttpNode, PassesTheNodesRefusalOn) {
  Meeting m;
  m.node.refuse = "not_owner";
  const auto refused = HttpTitlePort(m.client).publish("r", "s");
  EXPECT_EQ(refused.error().code, ErrorCode::Forbidden);
  EXPECT_EQ(refused.error().reason, "not_owner");
  EXPECT_EQ(refused.error().message, "You may not.");
  EXPECT_TRUE(m.node.titles.empty());
}

TEST(HttpNode, CarriesTheTokenOfAnotherOwner) {
  const crypto::SigningKey borrower = crypto::SigningKey::generate();
  FakeClock clock;
  FakeNode node(borrower.did());
  NodeClient client({.url = node.url(), .token = "a.token.here", .http = {}}, borrower, clock);
  EXPECT_TRUE(HttpTitlePort(client).publish("r", "s"));  // the fake checks that the proof covers the token
}

TEST(HttpNode, SaysWhenThereIsNobody) {
  const crypto::SigningKey key = crypto::SigningKey::generate();
  FakeClock clock;
  NodeClient client({.url = "http://127.0.0.1:9",
                     .token = {},
                     .http = {},
                     .attempts = 2,
                     .first_pause = std::chrono::milliseconds(1)},
                    key, clock);
  EXPECT_EQ(client.send_signed("POST", "/v1/titles", {}, "{}").error().code, ErrorCode::Unavailable);
  EXPECT_EQ(client.read_node().error().code, ErrorCode::Unavailable);
}

}  // namespace
}  // namespace swarma::content::publish
