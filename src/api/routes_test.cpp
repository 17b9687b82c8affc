// The description, the route table and the answers cannot drift apart.
#include "api/door.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "api/description.h"
#include "api/routes/actions.h"
#include "api/routes/agents.h"
#include "api/routes/attestations.h"
#include "api/routes/blobs.h"
#include "api/routes/catalog.h"
#include "api/routes/keys.h"
#include "api/routes/media.h"
#include "api/routes/node.h"
#include "api/routes/pages.h"
#include "api/routes/passes.h"
#include "api/routes/policies.h"
#include "api/routes/problems.h"
#include "api/routes/requirements.h"
#include "api/routes/titles.h"
#include "api/routes/tokens.h"
#include "api/routes/uploads.h"
#include "api/routes/verifiers.h"
#include "base/testing.h"
#include "content/publish/jobs.h"
#include "content/publish/tables.h"
#include "work/queue.h"

namespace swarma::api {
namespace {

/// Routes are made without calling anything behind them, so the parts may be as small as they come.
class Nothing final : public access::grant::SignedTitles,
                      public content::publish::PublishPort,
                      public content::publish::VisibleTitles,
                      public catalog::registry::BlobPresence,
                      public catalog::registry::SealedIntake {
 public:
  Result<std::optional<std::int64_t>> find_revision(const TitleId&) override { return std::nullopt; }
  Result<std::optional<std::int64_t>> find_revision(db::Session&, const TitleId&) override { return std::nullopt; }
  Result<void> count_unlock(db::Session&, const TitleId&, std::string_view) override { return {}; }
  Result<std::optional<access::grant::SignedTitle>> find_current(const TitleId&) override { return std::nullopt; }
  Result<void> publish(std::string_view, std::string_view) override { return {}; }
  Result<content::publish::VisibleTitle> get(const TitleId&) override { return none(); }
  Result<std::optional<std::uint64_t>> has(const BlobId&) override { return std::nullopt; }
  Result<Bytes> read(const BlobId&, std::size_t) override { return none(); }
  Result<void> remove(const BlobId&) override { return {}; }
  Result<Write> accept(const std::string&, const TitleId&, const std::string&, const std::string&) override {
    return none();
  }
  Result<void> forget(db::Session&, const TitleId&) override { return {}; }

 private:
  static std::unexpected<Error> none() { return fail(ErrorCode::NotFound, "title_not_found", "There is nothing."); }
};

struct RouteTable : ::testing::Test {
  std::unique_ptr<content::publish::Spool> make_spool() {
    EXPECT_TRUE(database->migrate(work::migrations()));
    EXPECT_TRUE(database->migrate(content::publish::migrations()));
    return *content::publish::Spool::open(folder / "uploads", 1 << 20, *database, clock);
  }
  swarma::testing::TemporaryFolder folder;
  FakeClock clock;
  crypto::Identity identity{crypto::SigningKey::generate(), crypto::DecryptionKey::generate(), crypto::random_key()};
  std::unique_ptr<db::Database> database = *db::Database::open("sqlite::memory:");
  std::unique_ptr<content::blob::BlobStore> blobs = *content::blob::open_directory_blob_store(folder / "blobs");
  catalog::registry::TitleRegistry registry{*database, clock};
  Nothing nothing;
  std::unique_ptr<events::Bus> bus = events::make_in_process_bus();
  catalog::registry::PublishingDesk desk{registry, nothing, nothing};
  access::grant::PreparedTitles titles{nothing};
  access::attest::Actions actions{*database, clock, identity.signing, {}};
  access::attest::ForeignVerifiers foreign_verifiers{*database, identity.signing.did(), nullptr, {}};
  access::grant::LocalKeyAgent agent{identity.signing, identity.decryption};
  access::grant::RemoteAgents remote{[] { return access::grant::RemoteAgents::Time{}; }};
  access::grant::ChosenKeyAgent agents{identity.signing.did(), agent, remote};
  access::grant::Broker broker{{.database = *database,
                                .clock = clock,
                                .titles = titles,
                                .agent = agents,
                                .own_issuers = {},
                                .run = [](auto work) { work(); }}};
  access::grant::LocalPassAgent pass_agent{identity.signing};
  access::grant::PassDesk passes{{*database, clock, titles, pass_agent, identity.signing, {}}};
  once::IdempotencyStore answers{*database, clock};
  Links links{*database, clock};
  crypto::DpopNonces nonces{crypto::random_key()};
  std::unique_ptr<content::publish::Spool> spool = make_spool();
  content::publish::Reviser reviser{identity, nothing, *blobs, nothing};
  std::unique_ptr<content::publish::MediaJobs> media =
      *content::publish::MediaJobs::open({.identity = identity,
                                          .clock = clock,
                                          .database = *database,
                                          .bus = *bus,
                                          .spool = *spool,
                                          .agent = {identity.signing.did(), identity.decryption.encryption_key()},
                                          .make_sink = [] { return std::unique_ptr<content::publish::BlobSink>(); },
                                          .titles = nothing,
                                          .visible = nothing,
                                          .data_folder = folder.path(),
                                          .home = "test"});
  DiskReserve disk{folder.path()};
  Door door{{.clock = clock,
             .owner = identity.signing,
             .nonces = nonces,
             .database = *database,
             .answers = answers,
             .disk = disk,
             .public_url = {}}};
  Table table = all();
  std::vector<net::Route> routes = door.open(table);
  const Json& description = swarma::api::description();

  Table all() {
    Table sum;
    for (Table part :
         {swarma::api::routes(BlobRoutes{*blobs}), swarma::api::routes(BlobUploadRoutes{clock, *blobs, {}}),
          swarma::api::routes(CatalogRoutes{registry, titles}),
          swarma::api::routes(TitleRoutes{registry, desk, *blobs, disk, agents}),
          swarma::api::routes(StudioRoutes{registry, *blobs, reviser}),
          swarma::api::routes(RequirementRoutes{titles, actions, agents}),
          swarma::api::routes(PolicyRoutes{clock, actions, identity.signing.did().text()}),
          swarma::api::routes(ActionRoutes{titles, actions, door, {}}), swarma::api::routes(AttestationRoutes{actions}),
          swarma::api::routes(VerifierRoutes{actions, foreign_verifiers, clock, *database, {}}),
          swarma::api::routes(AgentRoutes{remote, door, identity.signing.did().text()}),
          swarma::api::routes(KeyRoutes{broker}),
          swarma::api::routes(PassRoutes{passes, *database, clock, identity.signing.jkt()}),
          swarma::api::routes(TokenRoutes{clock, door, links}), swarma::api::routes(UploadRoutes{*spool}),
          swarma::api::routes(MediaRoutes{*spool, *media}), swarma::api::routes(PageRoutes{registry}),
          swarma::api::routes(ProblemRoutes{}),
          swarma::api::routes(NodeRoutes{.clock = clock, .nonces = nonces, .identity = identity})})
      std::ranges::move(part, std::back_inserter(sum));
    return sum;
  }
  const net::Route& find(const std::string& method, const std::string& pattern) {
    for (const net::Route& route : routes)
      if (route.method == method && route.pattern == pattern) return route;
    ADD_FAILURE() << "no route " << method << " " << pattern;
    return routes.front();
  }
};

TEST_F(RouteTable, IsTheDescription) {
  std::set<std::string> described, present;
  for (const auto& [path, methods] : description["paths"].items())
    for (const auto& [method, operation] : methods.items()) {
      std::string verb = method;
      for (char& c : verb) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      described.insert(verb + " " + path);
    }
  const std::set<std::string> pages = {
      "/", "/{path*}", "/t/{id}", "/studio/new/{id}", "/studio/edit/{id}", "/problems/{reason}"};
  for (const net::Route& route : routes)
    if (!pages.contains(route.pattern)) present.insert(route.method + " " + route.pattern);
  EXPECT_EQ(described, present);
}

TEST_F(RouteTable, AsksForWhatTheDescriptionSays) {
  const auto described = [&](const Entry& entry) -> std::string {
    std::string verb = entry.method;
    for (char& c : verb) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const Json& operation = description["paths"].value(entry.pattern, Json::object()).value(verb, Json::object());
    return operation.contains("security") ? operation["security"][0].begin().key() : "";
  };
  for (const Entry& entry : table) {
    const char* said = entry.auth == Auth::Anybody ? "" : entry.auth == Auth::Viewer ? "dpop" : "creator";
    EXPECT_EQ(described(entry), said) << entry.method << " " << entry.pattern;
    EXPECT_FALSE(entry.repeatable && entry.auth == Auth::Anybody) << entry.pattern;
  }
}

TEST_F(RouteTable, DescriptionRefersToSchemasThatExist) {
  const Json& schemas = description["components"]["schemas"];
  const std::function<void(const Json&)> check = [&](const Json& node) {
    if (node.is_object() && node.contains("$ref")) {
      const std::string name = node["$ref"].get<std::string>().substr(std::string("#/components/schemas/").size());
      EXPECT_TRUE(schemas.contains(name)) << name;
    }
    if (node.is_structured())
      for (const Json& child : node) check(child);
  };
  check(description);
}

TEST_F(RouteTable, ErrorsAreProblemsWithAChallenge) {
  net::Request request;
  request.method = "POST";
  request.path = "/v1/titles";
  request.base_url = "http://node.example";
  request.body = "{}";
  const net::Response response = find("POST", "/v1/titles").handler.now()(request);
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(response.headers.get("Content-Type"), "application/problem+json");
  EXPECT_FALSE(response.headers.get("DPoP-Nonce").empty());
  EXPECT_EQ(Json::parse(std::get<std::string>(response.body))["reason"], "proof_required");
}

TEST_F(RouteTable, TheTypeOfAProblemLeadsToAPage) {
  const auto page = [&](const std::string& reason) {
    net::Request request;
    request.path_params = {reason};
    return find("GET", "/problems/{reason}").handler.now()(request);
  };
  const net::Response known = page("bad_segment");
  EXPECT_EQ(known.status, 200);
  const std::string& html = std::get<std::string>(known.body);
  EXPECT_NE(html.find("The name of a segment is malformed."), std::string::npos);
  EXPECT_NE(html.find("<code>&lt;track&gt;:&lt;slot&gt;</code>"), std::string::npos);
  EXPECT_EQ(page("of_no_such_name").status, 404);
}

TEST_F(RouteTable, AWaitIsSaidInTheHeaderAndInTheBody) {
  const auto wait_of = [&](const Error& error) {
    const net::Response response = door.refuse(error);
    const Json body = Json::parse(std::get<std::string>(response.body));
    const std::string header(response.headers.get("Retry-After"));
    EXPECT_EQ(header.empty() ? 0 : std::stoi(header), body.value("retry_after_s", 0)) << error.reason;
    return body.value("retry_after_s", 0);
  };
  using std::chrono::seconds;
  EXPECT_EQ(wait_of({ErrorCode::TooMany, "too_many_codes", "Wait 541 seconds.", seconds(541)}), 541);
  EXPECT_EQ(wait_of({ErrorCode::Conflict, "request_in_progress", "Ask again.", seconds(0)}), 1);
  EXPECT_EQ(wait_of({ErrorCode::Unavailable, "out_of_memory", "Try again."}), 5);
  EXPECT_EQ(wait_of({ErrorCode::Forbidden, "policy_unmet", "Not met."}), 0);
}

TEST_F(RouteTable, TheDetailsOfAnErrorBecomeMembersOfTheProblem) {
  const auto problem_of = [&](ErrorCode code) {
    Error error{code, "no_seat", "All seats are taken."};
    error.details = std::make_shared<Json>(Json{{"seats", 12}, {"reason", "of another"}});
    return Json::parse(std::get<std::string>(door.refuse(error).body));
  };
  const Json body = problem_of(ErrorCode::Conflict);
  EXPECT_EQ(body["seats"], 12);
  EXPECT_EQ(body["reason"], "no_seat");
  EXPECT_FALSE(problem_of(ErrorCode::Internal).contains("seats"));
}

TEST_F(RouteTable, AFullDiskIsSaidWithoutItsPlace) {
  const net::Response response =
      door.refuse(Error{ErrorCode::Io, "disk_full", "Cannot write /secret/place: no space."});
  EXPECT_EQ(response.status, 507);
  EXPECT_EQ(response.headers.get("Retry-After"), "60");
  const std::string& body = std::get<std::string>(response.body);
  EXPECT_EQ(body.find("/secret"), std::string::npos);
  EXPECT_NE(body.find("disk of this node is full"), std::string::npos);
}

TEST_F(RouteTable, InternalTroubleIsNotShownToStrangers) {
  const net::Response response = door.refuse(Error{ErrorCode::Io, "io_failed", "Cannot open /secret/place: no."});
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(std::get<std::string>(response.body).find("/secret"), std::string::npos);
  for (const auto& [code, reason] : {std::pair{ErrorCode::Unavailable, "database_unavailable"},
                                     {ErrorCode::Corrupt, "database_corrupt"},
                                     {ErrorCode::Conflict, "unique_violation"},
                                     {ErrorCode::Io, "disk_full"}}) {
    const net::Response other = door.refuse(Error{code, reason, "connection to 10.0.0.7, port 5432 failed."});
    const Json body = Json::parse(std::get<std::string>(other.body));
    EXPECT_EQ(body["detail"].get<std::string>().find("10.0.0.7"), std::string::npos) << reason;
    EXPECT_EQ(body["id"].get<std::string>().size(), 12u) << reason;
  }
  const net::Response plain = door.refuse(Error{ErrorCode::NotFound, "title_not_found", "No title here."});
  EXPECT_EQ(Json::parse(std::get<std::string>(plain.body))["detail"], "No title here.");
}

}  // namespace
}  // namespace swarma::api
