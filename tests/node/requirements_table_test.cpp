// Every requirement × what may go wrong, over HTTP against a whole node: docs/reference/requirements-table.md is what
// this test has seen. SWARMA_WRITE_TABLES=1 writes the page anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>

#include "access/attest/human_testing.h"
#include "access/attest/verifier.h"
#include "base/file.h"
#include "crypto/argon2id.h"
#include "harness.h"
#include "net/mail_testing.h"

namespace swarma::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kPage = SWARMA_SOURCE_DIR "/docs/reference/requirements-table.md";
constexpr const char* kCodes = R"({"friends":[{"code":"salted and warm"},{"code":"sweet and cold"}]})";

/// A node, its mailbox and what a viewer needs to prove things.
struct World {
  net::testing::FakeSmtpServer post_office;
  TemporaryFolder folder;
  RunningNode node{folder.path(), {}, {}, {.url = post_office.url(), .from = "films@example.org", .tls = "off"}};
  TestViewer owner{node.url(), node.owner().signing};

  std::string last_mailed_code() {
    const std::string heard = post_office.heard();
    const std::size_t at = heard.rfind("code: ");
    return at == heard.npos ? "" : heard.substr(at + 6, 9);
  }
};

/// An action that a viewer has started.
struct Started {
  World& world;
  TestViewer& viewer;
  std::string id;
  Json challenge;

  Answer say(const Json& message) {
    return viewer.post("/v1/actions/continue", {{"action_id", id}, {"message", message}});
  }
};

/// How a requirement is met, rightly and wrongly; each gives the response.
struct Way {
  std::string name, counterpart;
  Json leaf;
  std::function<Json(Started&)> right, wrong;
};

Json solve(bool rightly, const std::function<bool(const std::string&)>& is_solution) {
  for (int n = 0;; ++n)
    if (is_solution(std::to_string(n)) == rightly) return {{"solution", std::to_string(n)}};
}

Json solve_sha256(Started& action, bool rightly) {
  const Json& challenge = action.challenge;
  return solve(rightly, [&](const std::string& solution) {
    return access::attest::puzzle_bits(challenge["seed"].get<std::string>(), solution) >=
           challenge["difficulty"].get<int>();
  });
}

Json solve_argon2id(Started& action, bool rightly) {
  const Bytes salt = parse_base64url(action.challenge["seed"].get<std::string>()).value();
  return solve(rightly, [&](const std::string& solution) {
    return crypto::argon2id(solution, salt, {1024 * 1024, 1}).value()[0] < 64;
  });
}

Json watch(Started& action, int beats) {
  std::string nonce = action.challenge["nonce"];
  for (int i = 0; i <= beats; ++i) {
    if (i > 0) test_clock().advance(5s);
    const Answer beat = action.say({{"nonce", nonce}, {"visible", true}, {"focused", true}});
    if (beat.status == 200) nonce = beat.body["reply"]["nonce"];
  }
  return Json::object();
}

Json accept(Started& action, bool rightly) {
  const std::string text = rightly ? action.challenge["text"].get<std::string>() : "Another sentence.";
  return {{"accepted", true}, {"text_hash", to_base64url(crypto::sha256(view(text)))}};
}

/// A pass that the creator hands to the viewer's own key.
Json show_pass(Started& action, const char* tier) {
  const Answer given =
      action.world.owner.post("/v1/passes", {{"holder", action.viewer.signing().jkt()}, {"tier", tier}});
  EXPECT_EQ(given.status, 201) << given.body.dump();
  return {{"pass", given.body["pass"]}};
}

Json read_mail(Started& action, bool rightly) {
  const std::string address = action.viewer.signing().jkt().substr(0, 20) + "@example.net";
  EXPECT_EQ(action.say({{"address", address}}).status, 200);
  return {{"code", rightly ? action.world.last_mailed_code() : "0000 0001"}};
}

Json leaf_of(const char* requirement, const Json& params) {
  return {{"requirement", requirement}, {"params", params}};
}

std::vector<Way> ways() {
  const auto both = [](Json (*how)(Started&, bool)) {
    return std::pair([how](Started& action) { return how(action, true); },
                     [how](Started& action) { return how(action, false); });
  };
  const auto way = [&](std::string name, Json leaf, Json (*how)(Started&, bool),
                       std::string counterpart = "this node") {
    const auto [right, wrong] = both(how);
    return Way{std::move(name), std::move(counterpart), std::move(leaf), right, wrong};
  };
  return {
      way("goodwill_ack", leaf_of("goodwill_ack", {{"text", "I will tell a friend."}}), accept),
      way("puzzle_solve, SHA-256", leaf_of("puzzle_solve", {{"algorithm", "sha256"}, {"difficulty", 6}}), solve_sha256),
      way("puzzle_solve, Argon2id",
          leaf_of("puzzle_solve", {{"algorithm", "argon2id"}, {"difficulty", 2}, {"memory_kib", 1024}, {"passes", 1}}),
          solve_argon2id),
      {"puzzle_solve, a question", "this node", leaf_of("puzzle_solve", {{"algorithm", "human"}}),
       [](Started& action) {
         return Json{{"answer", access::attest::testing::answer_to(action.challenge["question"]["en"])}};
       },
       [](Started&) { return Json{{"answer", "no idea"}}; }},
      way("email_verify", leaf_of("email_verify", Json::object()), read_mail, "a fake mail server"),
      {"watch_ad", "this node", leaf_of("watch_ad", {{"creative", TitleId(TitleId::Raw{9}).text()}, {"seconds", 10}}),
       [](Started& action) { return watch(action, 2); }, [](Started& action) { return watch(action, 1); }},
      {"allowlist_token, a code", "this node", leaf_of("allowlist_token", {{"list", "friends"}}),
       [](Started&) { return Json{{"code", "salted and warm"}}; }, [](Started&) { return Json{{"code", "burnt"}}; }},
      {"allowlist_token, a pass", "this node", leaf_of("allowlist_token", {{"pass", "gold"}}),
       [](Started& action) { return show_pass(action, "gold"); },
       [](Started& action) { return show_pass(action, "silver"); }},
  };
}

/// One row of the page: what each case came to.
class Row {
 public:
  Row(World& world, Way way) : world_(world), way_(std::move(way)) {}

  std::vector<std::string> cells() {
    std::vector<std::string> out = {granted(), wrong(), expired(), replayed()};
    out.push_back(
        refused_with([&](TestViewer& viewer, const std::string& shown) { return ask(viewer, other_, shown); }));
    out.push_back(refused_with([&](TestViewer&, const std::string& shown) {
      TestViewer somebody(world_.node.url());
      return ask(somebody, title_, shown);
    }));
    out.push_back(by_another_policy(denying_));
    out.push_back(by_another_policy(strict_));
    return out;
  }

 private:
  /// A title that asks for it, published. `issuers` are those of the policy.
  FakeTitle make(Json leaf, const Json& issuers = nullptr) {
    Json policy = {
        {"version", 1},
        {"paths", Json::array({{{"id", "way"}, {"requires", std::move(leaf)}, {"grants", {{"ttl_s", 60}}}}})}};
    if (!issuers.is_null()) policy["issuers"] = issuers;
    FakeTitle made = make_title(world_.node.owner(), canonical_json(policy).value(), 2, kCodes);
    const auto done = publish(made, world_.node.url(), world_.node.owner());
    EXPECT_TRUE(done) << done.error().message;
    return made;
  }
  Json strict_leaf() const {
    Json leaf = way_.leaf;
    leaf["min_trust"] = 0.95;
    return leaf;
  }

  static std::string said(const Answer& answer) {
    if (answer.status == 200) return "granted";
    std::string text = answer.reason();
    if (answer.body.contains("unmet")) text += " (" + answer.body["unmet"][0].value("reason", "") + ")";
    return text;
  }

  Started start(TestViewer& viewer, const FakeTitle& title) {
    const std::string id = title.record.id.text();
    const Json leaf = viewer.post("/v1/requirements/offer", {{"title_id", id}}).body["paths"][0]["requires"];
    EXPECT_EQ(leaf["available"], true) << way_.name;
    const Answer answer = viewer.post("/v1/actions/start",
                                      {{"title_id", id}, {"requirement", leaf["requirement"]}, {"key", leaf["key"]}});
    EXPECT_EQ(answer.status, 200) << answer.body.dump();
    return {world_, viewer, answer.body.value("action_id", ""), answer.body.value("challenge", Json())};
  }
  static Answer complete(Started& action, const Json& response) {
    return action.viewer.post("/v1/actions/complete", {{"action_id", action.id}, {"response", response}});
  }
  std::string attested(TestViewer& viewer, const FakeTitle& title) {
    Started action = start(viewer, title);
    const Answer done = complete(action, way_.right(action));
    EXPECT_EQ(done.status, 200) << way_.name << ": " << done.body.dump();
    return done.body.value("attestation", "");
  }
  static Answer ask(TestViewer& viewer, const FakeTitle& title, const std::string& attestation) {
    return viewer.post("/v1/keys/request", viewer.key_request(title.record, "way", {0, 2}, {attestation}));
  }

  std::string refused_with(const std::function<Answer(TestViewer&, const std::string&)>& what) {
    TestViewer viewer(world_.node.url());
    return said(what(viewer, attested(viewer, title_)));
  }
  std::string granted() {
    return refused_with([&](TestViewer& viewer, const std::string& shown) { return ask(viewer, title_, shown); });
  }
  std::string wrong() {
    TestViewer viewer(world_.node.url());
    Started action = start(viewer, title_);
    return said(complete(action, way_.wrong(action)));
  }
  /// An action that is completed too late, and an attestation that is shown too late.
  std::string expired() {
    TestViewer viewer(world_.node.url());
    Started action = start(viewer, title_);
    const Json response = way_.right(action);
    test_clock().advance(access::attest::kActionLife);
    const std::string late = said(complete(action, response));
    return late + ", " + refused_with([&](TestViewer& again, const std::string& shown) {
             test_clock().advance(access::attest::kAttestationLife);
             return ask(again, title_, shown);
           });
  }
  std::string replayed() {
    return refused_with([&](TestViewer& viewer, const std::string& shown) {
      EXPECT_EQ(ask(viewer, title_, shown).status, 200);
      return ask(viewer, title_, shown);
    });
  }
  std::string by_another_policy(const FakeTitle& title) {
    TestViewer viewer(world_.node.url());
    return said(ask(viewer, title, attested(viewer, title)));
  }

  World& world_;
  Way way_;
  FakeTitle title_ = make(way_.leaf), other_ = make(way_.leaf), strict_ = make(strict_leaf()),
            denying_ = make(way_.leaf, {{"deny", {world_.node.owner().signing.did().text()}}});
};

TEST(RequirementsTable, IsWhatANodeDoes) {
  std::string page =
      "# Every requirement, and what may go wrong\n\n"
      "Written by `tests/node/requirements_table_test.cpp`: what a whole node answered, over HTTP. *Expired* gives two "
      "answers: of an action\n"
      "that is completed too late, and of an attestation that is shown too late. *Revoked issuer* is a title that "
      "denies this node's verifier,\n"
      "*low trust* one that asks for a trust of 0.95 or more (`min_trust`): the verifiers that\n"
      "trust their answers fully are granted it.\n\n"
      "| requirement | counterpart | granted | wrong | expired | replayed | other title | other viewer | revoked "
      "issuer | low trust |\n"
      "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n";
  World world;
  for (Way& way : ways()) {
    page += "| " + way.name + " | " + way.counterpart;
    for (const std::string& cell : Row(world, way).cells()) page += " | " + cell;
    page += " |\n";
  }
  if (std::getenv("SWARMA_WRITE_TABLES") != nullptr) std::ofstream(kPage) << page;
  const auto written = read_file(kPage, 1 << 20);
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(page, as_text(*written));
}

}  // namespace
}  // namespace swarma::test
