// Everything that is recorded once, in one table: each is used, and tried again at once, a second later, at the edge of
// its life, past it, after it was forgotten and after the clock was set back, at the same node and at another one on
// its database. Taking away any of these records must turn a row red (tools/dev/mutants.sh does so).
#include <gmock/gmock.h>

#include "db/database_testing.h"
#include "harness.h"

namespace swarma::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AnyOf;

constexpr const char* kTerms =
    R"({"paths":[{"grants":{},"id":"kind","requires":{"params":{"text":"I am kind."},"requirement":"goodwill_ack"}},{"grants":{},"id":"pass","requires":{"params":{"list":"friends"},"requirement":"allowlist_token"}}],"version":1})";
constexpr const char* kCode = "open sesame";
constexpr const char* kPublicUrl = "https://films.example";

/// Puts the clock of this program back where it was.
class ClockGuard {
 public:
  ClockGuard() : wall_(test_clock().now()) {}
  ~ClockGuard() { test_clock().set(wall_ - test_clock().now()); }

 private:
  Instant wall_;
};

struct Scene {
  explicit Scene(db::testing::Engine engine) : database(db::testing::make_test_database(engine).value()) {
    EXPECT_TRUE(publish(title, a.url(), a.owner()));
  }
  std::string id() const { return title.record.id.text(); }
  TestViewer owner() const { return TestViewer(a.url(), a.owner().signing); }

  ClockGuard clock;
  db::testing::TestDatabase database;
  TemporaryFolder folder;
  RunningNode a{folder.path(), database.url(), kPublicUrl}, b{folder.path(), database.url(), kPublicUrl};
  FakeTitle title = make_title(a.owner(), kTerms, 8, R"({"friends":[{"code":"open sesame","max_uses":1}]})");
  TestViewer viewer{a.url()};
};

std::string outcome(const Answer& answer) {
  if (answer.status >= 200 && answer.status < 300) return "accepted";
  return answer.status == 401 && answer.reason().empty() ? "401" : answer.reason();  // HEAD has no body
}

/// Tries the used thing again at a node: "accepted", or why not.
using Again = std::function<std::string(const RunningNode&)>;

struct Row {
  const char* name;
  std::chrono::seconds life;  // how long it would be good for, had it not been used
  std::function<Again(Scene&)> use;
  ::testing::Matcher<std::string> refusal;
};

const ::testing::Matcher<std::string> kNotAgain =
    AnyOf("replayed_proof", "invalid_dpop_proof", "use_dpop_nonce", "401");

/// A proof of `request`; the request itself may be refused for other reasons, but not the proof.
Again use_proof(TestViewer& sender, ProvenRequest request, const RunningNode& node) {
  const ProvenRequest proven = sender.prove(std::move(request));
  const Answer first = TestViewer::send(node.url(), proven);
  EXPECT_NE(first.status, 401) << proven.method << " " << proven.path << ": " << first.body.dump();
  EXPECT_NE(first.status, 0) << proven.method << " " << proven.path;
  return [proven](const RunningNode& at) {
    ProvenRequest moved = proven;
    return outcome(TestViewer::send(at.url(), moved));
  };
}

Json start(Scene& s, TestViewer& viewer, const std::string& requirement) {
  const Json offer = viewer.post("/v1/requirements/offer", {{"title_id", s.id()}}).body;
  for (const Json& path : offer.at("paths"))
    if (path.at("requires").at("requirement") == requirement)
      return viewer
          .post("/v1/actions/start",
                {{"title_id", s.id()}, {"requirement", requirement}, {"key", path.at("requires").at("key")}})
          .body;
  return {};
}

Json goodwill(const Json& started) {
  const std::string text = started.at("challenge").at("text");
  return {{"action_id", started.at("action_id")},
          {"response", {{"accepted", true}, {"text_hash", to_base64url(crypto::sha256(view(text)))}}}};
}

Again use_attestation(Scene& s) {
  const std::string attestation = s.viewer.attest(s.id(), "goodwill_ack");
  const Json body = s.viewer.key_request(s.title.record, "kind", {0, 8}, {attestation});
  EXPECT_EQ(outcome(s.viewer.post("/v1/keys/request", body)), "accepted");
  return [&s, body](const RunningNode& at) {
    return outcome(TestViewer(at.url(), s.viewer.signing()).post("/v1/keys/request", body));
  };
}

Again use_action(Scene& s) {
  const Json answer = goodwill(start(s, s.viewer, "goodwill_ack"));
  EXPECT_EQ(outcome(s.viewer.post("/v1/actions/complete", answer)), "accepted");
  return [&s, answer](const RunningNode& at) {
    return outcome(TestViewer(at.url(), s.viewer.signing()).post("/v1/actions/complete", answer));
  };
}

Again use_link(Scene& s) {
  const std::string link = s.owner().post("/v1/links", Json::object()).body.at("link");
  const Json body = {{"link", link.substr(link.find('#') + 1)}};
  EXPECT_EQ(outcome(s.viewer.post("/v1/links/redeem", body)), "accepted");
  return [body](const RunningNode& at) { return outcome(TestViewer(at.url()).post("/v1/links/redeem", body)); };
}

Again use_code(Scene& s) {
  EXPECT_NE(s.viewer.attest(s.id(), "allowlist_token", {{"code", kCode}}).substr(0, 7), "refused");
  return [&s](const RunningNode& at) {
    const std::string got = TestViewer(at.url()).attest(s.id(), "allowlist_token", {{"code", kCode}});
    return got.starts_with("refused: ") ? got.substr(9) : "accepted";
  };
}

/// A repetition is answered as before, and nothing is done again: the link is the same one.
Again use_idempotency_key(Scene& s) {
  const std::string link = s.owner().post("/v1/links", Json::object(), "once").body.at("link");
  return [&s, link](const RunningNode& at) {
    const Answer again = TestViewer(s.a.url(), s.a.owner().signing).post("/v1/links", Json::object(), "once");
    (void)at;
    return again.body.value("link", "") == link ? std::string("same answer") : "accepted";
  };
}

/// Bytes that were taken at an offset are not taken there again.
Again use_offset(Scene& s) {
  TestViewer owner = s.owner();
  ProvenRequest create{.path = "/v1/uploads", .headers = {}, .body = {}};
  create.headers.set("Upload-Length", "6");
  create.headers.set("Tus-Resumable", "1.0.0");
  const auto made = owner.prove(create);
  const auto created =
      net::HttpClient().send({.method = "POST", .url = s.a.url() + made.path, .headers = made.headers});
  EXPECT_EQ(created->status, 201);
  ProvenRequest chunk{
      .method = "PATCH", .path = std::string(created->headers.get("Location")), .headers = {}, .body = "abc"};
  chunk.headers.set("Upload-Offset", "0");
  chunk.headers.set("Tus-Resumable", "1.0.0");
  chunk.headers.set("Content-Type", "application/offset+octet-stream");
  EXPECT_EQ(outcome(TestViewer::send(s.a.url(), owner.prove(chunk))), "accepted");
  return [&s, chunk](const RunningNode& at) {
    return outcome(TestViewer::send(at.url(), TestViewer(at.url(), s.a.owner().signing).prove(chunk)));
  };
}

std::vector<Row> rows() {
  return {
      {"attestation", 1h, use_attestation, AnyOf("attestation_used", "attestation_expired")},
      {"action", 30min, use_action, AnyOf("action_completed", "action_unknown")},
      {"sign-in link", 1h, use_link, AnyOf("link_used", "link_unknown")},
      {"code", 24h * 30, use_code, ::testing::Eq("code_used_up")},
      // An expired upload stays for a day, at every node.
      {"upload offset", 24h * 7, use_offset, ::testing::Eq("upload_offset_mismatch")},
  };
}

class Once : public ::testing::TestWithParam<db::testing::Engine> {
 protected:
  /// Moves the clock through the life of what was used and tries it again at both nodes each time.
  void try_again(Scene& s, std::chrono::seconds life, const Again& again,
                 const ::testing::Matcher<std::string>& refusal) {
    std::chrono::seconds now{0};
    for (const std::chrono::seconds at : {0s, 1s, life - 1s, life, life + 1s, life + 2h}) {
      test_clock().advance(at - now);
      now = at;
      for (RunningNode* node : {&s.a, &s.b}) {
        node->tidy_up();
        EXPECT_THAT(again(*node), refusal) << at.count() << " s later, at node " << (node == &s.a ? "A" : "B");
      }
    }
    // Even a fresh proof bears a time now that was forgotten already.
    test_clock().set(1s - now);
    for (RunningNode* node : {&s.a, &s.b})
      EXPECT_THAT(again(*node), AnyOf(refusal, "replayed_proof", "refused: replayed_proof"))
          << "with the clock set back, at node " << (node == &s.a ? "A" : "B");
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, Once, ::testing::ValuesIn(db::testing::kEngines), db::testing::engine_name);

TEST_P(Once, IsOnceForEver) {
  for (const Row& row : rows()) {
    SCOPED_TRACE(row.name);
    Scene scene(GetParam());
    try_again(scene, row.life, row.use(scene), row.refusal);
  }
}

TEST_P(Once, AnAnswerIsGivenAgainForADay) {
  Scene s(GetParam());
  const Again again = use_idempotency_key(s);
  std::chrono::seconds now{0};
  for (const std::chrono::seconds at : {0s, 1s, std::chrono::seconds(24h) - 1s}) {
    test_clock().advance(at - now);
    now = at;
    s.a.tidy_up();
    EXPECT_EQ(again(s.a), "same answer") << at.count();
  }
  test_clock().advance(1s);
  EXPECT_EQ(again(s.a), "accepted");
}

/// Else whoever captured a request could fetch its answer too: a sign-in link, for example.
TEST_P(Once, AKeptAnswerIsGivenToAFreshProofOnly) {
  Scene s(GetParam());
  ProvenRequest request{.path = "/v1/links", .headers = {}, .body = "{}"};
  request.headers.set("Content-Type", "application/json");
  request.headers.set("Idempotency-Key", "once");
  const ProvenRequest first = s.owner().through(kPublicUrl).prove(request);
  const ProvenRequest fresh = s.owner().through(kPublicUrl).prove(request);
  const Answer link = TestViewer::send(s.a.url(), first);
  EXPECT_EQ(outcome(link), "accepted");
  EXPECT_EQ(outcome(TestViewer::send(s.a.url(), first)), "replayed_proof");
  EXPECT_EQ(outcome(TestViewer::send(s.b.url(), first)), "replayed_proof");
  EXPECT_EQ(TestViewer::send(s.b.url(), fresh).body, link.body);
  EXPECT_EQ(outcome(TestViewer::send(s.a.url(), fresh)), "replayed_proof");
}

/// What each secured operation is sent here, where its path alone is not enough.
ProvenRequest sample(const Scene& s, const std::string& method, std::string path) {
  static const std::string kId(22, 'A'), kUpload(32, '0');
  static const std::map<std::string, Json> bodies = {
      {"POST /v1/actions/complete", {{"action_id", kId}, {"response", Json::object()}}},
      {"POST /v1/attestations/revoke", {{"attestation_id", kId}}},
      {"POST /v1/keys/revoke", {{"unlock_id", kId}}},
      {"POST /v1/links/redeem", {{"link", kId}}},
      {"POST /v1/tokens", {{"did", s.viewer.signing().did().text()}}},
  };
  ProvenRequest request{.method = method, .path = path, .headers = {}, .body = {}};
  const std::string operation = method + " " + path;
  const auto replace = [&](const char* what, const std::string& with) {
    if (const std::size_t at = request.path.find(what); at != std::string::npos)
      request.path.replace(at, std::strlen(what), with);
  };
  replace("{id}", path.starts_with("/v1/titles/") ? std::string(26, 'a') : kUpload);
  if (method == "POST" || method == "PATCH") request.body = "{}";
  if (const auto found = bodies.find(operation); found != bodies.end()) request.body = found->second.dump();
  if (operation == "POST /v1/keys/request")
    request.body = const_cast<TestViewer&>(s.viewer).key_request(s.title.record, "kind", {0, 2}, {}).dump();
  if (operation == "POST /v1/media/upload") request.path += "?name=Film";
  if (operation == "PUT /upload") {
    request.body = "a blob";
    request.headers.set("X-SHA-256", crypto::blob_id_of(view(request.body)).hex());
  }
  if (path.starts_with("/v1/uploads")) {
    request.headers.set("Tus-Resumable", "1.0.0");
    request.headers.set("Upload-Length", "2");
    request.headers.set("Upload-Offset", "0");
    if (method == "POST") request.body.clear();
    if (method == "PATCH") request.headers.set("Content-Type", "application/offset+octet-stream");
  } else if (!request.body.empty()) {
    request.headers.set("Content-Type", "application/json");
  }
  return request;
}

/// Every operation that the description of the interface marks as secured.
TEST_P(Once, AProofOpensARouteOnce) {
  Scene s(GetParam());
  const Json description = s.viewer.get("/openapi.json").body;
  int proven = 0;
  std::vector<std::pair<std::string, Again>> used;
  for (const auto& [path, operations] : description.at("paths").items())
    for (const auto& [name, operation] : operations.items()) {
      if (!operation.is_object() || !operation.contains("security")) continue;
      std::string method = name;
      for (char& c : method) c = static_cast<char>(std::toupper(c));
      ProvenRequest request = sample(s, method, path);
      if (method + " " + path == "POST /v1/actions/start") {
        const Json offer = s.viewer.post("/v1/requirements/offer", {{"title_id", s.id()}}).body;
        const Json leaf = offer.at("paths").at(0).at("requires");
        request.body =
            Json{{"title_id", s.id()}, {"requirement", leaf.at("requirement")}, {"key", leaf.at("key")}}.dump();
      }
      used.emplace_back(method + " " + path, use_proof(s.owner().through(kPublicUrl), request, s.a));
      ++proven;
    }
  EXPECT_GE(proven, 20);
  std::chrono::seconds now{0};
  const std::chrono::seconds life = 60s;
  for (const std::chrono::seconds at : {0s, 1s, life - 1s, life, life + 1s, life + 2h}) {
    test_clock().advance(at - now);
    now = at;
    for (RunningNode* node : {&s.a, &s.b}) {
      node->tidy_up();
      for (const auto& [operation, again] : used)
        EXPECT_THAT(again(*node), kNotAgain) << operation << ", " << at.count() << " s later";
    }
  }
  test_clock().set(1s - now);
  for (RunningNode* node : {&s.a, &s.b})
    for (const auto& [operation, again] : used)
      EXPECT_THAT(again(*node), kNotAgain) << operation << ", with the clock set back";
}

}  // namespace
}  // namespace swarma::test
