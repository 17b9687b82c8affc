#include "content/publish/http_node.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "client/node_testing.h"
#include "content/blob/blob_store.h"
#include "content/publish/blob_route.h"
#include "content/publish/ports_testing.h"
#include "crypto/hash.h"

namespace swarma::content::publish {
namespace {

using client::testing::problem;
using client::testing::route;

/// A node that keeps blobs and titles.
class PublishNode final : public client::testing::FakeNode {
 public:
  explicit PublishNode(crypto::Did owner) : FakeNode(std::move(owner), routes(this)) {}
  ~PublishNode() override { stop(); }

  std::map<std::string, std::string> blobs;
  std::vector<std::string> titles;  // bodies
  std::shared_ptr<blob::BlobStore> works_on;

 private:
  static std::vector<net::Route> routes(PublishNode* self) {
    return {route("PUT", "/upload", 1 << 20, [self](const net::Request& r) { return self->on_upload(r); }),
            route("POST", "/v1/titles", 1 << 20, [self](const net::Request& r) { return self->on_title(r); }),
            route("GET", "/{blob}", 0, [self](const net::Request& r) { return self->on_blob(r); })};
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
};

struct Meeting {
  crypto::SigningKey key = crypto::SigningKey::generate();
  FakeClock clock;
  PublishNode node{key.did()};
  net::HttpClient http;
  client::Node client{
      http, {.url = node.url(), .token = {}, .patience = {.first_pause = std::chrono::milliseconds(1)}}, key, clock};
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

  HttpPublishPort titles(m.client);
  ASSERT_TRUE(titles.publish("a.b.c", "d.e.f.g.h"));
  ASSERT_TRUE(titles.publish("a.b.c", "d.e.f.g.h"));
  ASSERT_EQ(m.node.titles.size(), 2u);
  EXPECT_EQ(m.node.titles[0], R"({"record":"a.b.c","sealed":"d.e.f.g.h"})");
  // None: a rerun must not wait for the lease of a killed request.
  EXPECT_EQ(m.node.keys, std::vector<std::string>(52, ""));
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

TEST(HttpNode, PassesTheNodesRefusalOn) {
  Meeting m;
  m.node.refuse = "not_owner";
  const auto refused = HttpPublishPort(m.client).publish("r", "s");
  EXPECT_EQ(refused.error().code, ErrorCode::Forbidden);
  EXPECT_EQ(refused.error().reason, "not_owner");
  EXPECT_EQ(refused.error().message, "You may not.");
  EXPECT_TRUE(m.node.titles.empty());
}

}  // namespace
}  // namespace swarma::content::publish
