#include "content/watch/source.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <thread>

#include "crypto/hash.h"
#include "net/http_server.h"

namespace swarma::content::watch {
namespace {

net::Response answer(int status, std::string body) {
  return {.status = status, .headers = {}, .body = std::move(body)};
}

/// A node with some blobs and one answer to every title.
class FakeNode {
 public:
  FakeNode() {
    std::vector<net::Route> routes;
    const auto add = [&](std::string pattern, net::Handler handler) {
      routes.push_back({.method = "GET", .pattern = std::move(pattern), .handler = std::move(handler), .sink = {}});
    };
    add("/v1/titles/{id}",
        [this](const net::Request&) { return title.empty() ? answer(404, "") : answer(200, title); });
    add("/{blob}", [this](const net::Request& request) {
      ++asked;
      if (status != 200) return answer(status, "");
      const auto blob = blobs.find(request.path);
      return blob == blobs.end() ? answer(404, "") : answer(200, blob->second);
    });
    net::ServerOptions options;
    options.loops = 1;
    server_ = std::move(*net::HttpServer::create(
        options, std::move(routes), [](const net::Request&, const Error& e) { return answer(404, e.message); }));
    thread_ = std::thread([this] { server_->run(); });
  }
  ~FakeNode() {
    server_->stop();
    thread_.join();
  }
  std::string url() const { return server_->url(); }

  std::map<std::string, std::string> blobs;  // path → bytes; filled before anybody asks
  std::string title;
  std::atomic<int> status{200};
  std::atomic<int> asked{0};

 private:
  std::unique_ptr<net::HttpServer> server_;
  std::thread thread_;
};

HttpSource source_of(std::vector<std::string> urls, int rounds = 2) {
  return HttpSource({.urls = std::move(urls),
                     .patience = {.attempts = rounds, .first_pause = std::chrono::milliseconds(1)},
                     .http = {}});
}

const BlobId kId = crypto::blob_id_of(view("film"));
const std::string kPath = "/" + kId.hex() + ".m4s";

TEST(HttpSource, FetchesFromTheFirstNodeThatHasIt) {
  FakeNode empty, full;
  full.blobs[kPath] = "film";
  HttpSource source = source_of({empty.url(), full.url() + "/"});
  const auto blob = fetch_blob(source, kId, "m4s");
  ASSERT_TRUE(blob) << blob.error().message;
  EXPECT_EQ(as_text(*blob), "film");
  EXPECT_EQ(empty.asked, 1);
}

TEST(HttpSource, AsksElsewhereAfterALie) {
  FakeNode liar, honest;
  liar.blobs[kPath] = "flim";
  honest.blobs[kPath] = "film";
  HttpSource source = source_of({liar.url(), honest.url()});
  EXPECT_EQ(as_text(*fetch_blob(source, kId, "m4s")), "film");
  HttpSource alone = source_of({liar.url()});
  EXPECT_EQ(fetch_blob(alone, kId, "m4s").error().reason, "hash_mismatch");
}

TEST(HttpSource, TellsAbsentFromUnreachable) {
  FakeNode empty, broken;
  broken.status = 503;
  HttpSource nobody_has_it = source_of({empty.url()});
  EXPECT_EQ(fetch_blob(nobody_has_it, kId, "m4s").error().reason, "blob_not_found");
  EXPECT_EQ(empty.asked, 1);
  HttpSource may_have_it = source_of({empty.url(), broken.url()});
  EXPECT_EQ(fetch_blob(may_have_it, kId, "m4s").error().code, ErrorCode::Unavailable);
  EXPECT_EQ(broken.asked, 2);  // every round
  HttpSource gone = source_of({"http://127.0.0.1:9"}, 1);
  EXPECT_EQ(fetch_blob(gone, kId, "m4s").error().code, ErrorCode::Unavailable);
  HttpSource none = source_of({}, 1);
  EXPECT_EQ(fetch_blob(none, kId, "m4s").error().code, ErrorCode::Unavailable);
}

TEST(HttpSource, FetchesARecordWithoutBelievingIt) {
  FakeNode node;
  const TitleId id{TitleId::Raw{}};
  HttpSource source = source_of({node.url()});
  EXPECT_EQ(source.fetch_record(id).error().reason, "title_not_found");
  node.title = R"({"record":"a.b.c","title":{}})";
  EXPECT_EQ(*source.fetch_record(id), "a.b.c");
  node.title = "<html>";
  EXPECT_FALSE(source.fetch_record(id));
}

}  // namespace
}  // namespace swarma::content::watch
