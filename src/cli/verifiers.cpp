// swarma verifiers: who verifies what at a node, and which other nodes' verifiers it lists.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/identity.h"
#include "cli/node_info.h"
#include "cli/program.h"
#include "cli/terminal.h"
#include "client/node.h"
#include "client/node_info.h"

namespace swarma::cli {
namespace {

constexpr std::size_t kMaxRecord = 48 * 1024, kMaxShown = 20'000;

struct VerifierOptions {
  Common common;
  std::string node = "http://127.0.0.1:8420";
  std::string other;  // of add: its address; of remove: its issuer
};

Result<void> print_verifier(const Json& json) {
  const JsonReader reader(json, "verifier");
  SWARMA_RETURN_IF_ERROR(reader.expect_object());
  SWARMA_TRY(const std::string requirement, reader.text("requirement", 64));
  SWARMA_TRY(const std::string variant, reader.text_or("variant", 64, ""));
  SWARMA_TRY(const std::string status, reader.text("status", 32));
  SWARMA_TRY(const std::string lacks, reader.text_or("lacks", 1'000, ""));
  SWARMA_TRY(const double trust, reader.number("trust", 0, 1));
  SWARMA_TRY(const Json* reputation, reader.object("reputation"));
  const JsonReader counts(*reputation, "reputation");
  SWARMA_TRY(const std::int64_t issued, counts.integer("issued", 0, INT64_MAX));
  SWARMA_TRY(const std::int64_t revoked, counts.integer("revoked", 0, INT64_MAX));
  SWARMA_TRY(const std::int64_t contradicted, counts.integer("contradicted", 0, INT64_MAX));
  tell("  {}{}  {}  trust {}  {} issued, {} revoked, {} contradicted\n", requirement,
       variant.empty() ? "" : " (" + variant + ")", lacks.empty() ? status : "lacks " + lacks, trust, issued, revoked,
       contradicted);
  return {};
}

Result<void> list(const VerifierOptions& options) {
  SWARMA_TRY(const std::string node, parse_node_url(options.node));
  net::HttpClient http({.ca_file = options.common.ca_file});
  SWARMA_TRY(const Json answer, client::get_json(http, node + "/v1/verifiers"));
  SWARMA_TRY(const Json* verifiers, JsonReader(answer, "node's answer").array("verifiers", kMaxShown));
  if (options.common.json) {
    print_json(Json{{"verifiers", *verifiers}});
    return {};
  }
  std::string issuer;
  for (const Json& verifier : *verifiers) {
    const JsonReader reader(verifier, "verifier");
    SWARMA_RETURN_IF_ERROR(reader.expect_object());
    SWARMA_TRY(const std::string of, reader.text("issuer", 128));
    SWARMA_TRY(const std::string url, reader.text("url", 300));
    if (of != issuer) tell("{}  {}\n", of, url);
    issuer = of;
    SWARMA_RETURN_IF_ERROR(print_verifier(verifier));
  }
  return {};
}

/// A POST by the owner of the node.
Result<Json> post(const VerifierOptions& options, const char* path, const Json& body) {
  SWARMA_TRY(const std::string node, parse_node_url(options.node));
  SWARMA_TRY(const crypto::Identity identity, open_identity(options.common));
  const SystemClock clock;
  net::HttpClient http({.ca_file = options.common.ca_file});
  client::Node client(http, {.url = node, .token = {}, .patience = {}}, identity.signing, clock);
  return client.post(path, body);
}

Result<void> add(const VerifierOptions& options) {
  SWARMA_TRY(const std::string other, parse_node_url(options.other));
  net::HttpClient http({.ca_file = options.common.ca_file});
  SWARMA_TRY(const Json theirs, client::get_json(http, other + "/v1/verifiers"));
  SWARMA_TRY(const std::string record, JsonReader(theirs, "node's answer").text("record", kMaxRecord));
  SWARMA_TRY(const Json added, post(options, "/v1/verifiers", {{"record", record}}));
  const JsonReader reader(added, "node's answer");
  SWARMA_TRY(const std::string issuer, reader.text("issuer", 128));
  SWARMA_TRY(const std::string url, reader.text("url", 300));
  if (options.common.json) {
    print_json(Json{{"issuer", issuer}, {"url", url}});
  } else {
    tell("{}\n", issuer);
    say("Listed, under " + url + ". Titles whose terms allow this issuer can be unlocked by what it verifies.");
    if (url != other)
      say("That is how it calls itself: it should start with --public-url if others reach it elsewhere.");
  }
  return {};
}

Result<void> remove(const VerifierOptions& options) {
  SWARMA_RETURN_IF_ERROR(post(options, "/v1/verifiers/remove", {{"issuer", options.other}}));
  if (options.common.json)
    print_json(Json{{"removed", options.other}});
  else
    say("This node lists it no more. Terms that allow it still do.");
  return {};
}

}  // namespace

void add_verifiers(CLI::App& program, Commands& commands) {
  CLI::App* group = program.add_subcommand("verifiers", "who verifies what, here and at other nodes");
  group->require_subcommand(1);
  const auto command = [&](const char* name, const char* help, Result<void> (*run)(const VerifierOptions&)) {
    auto o = std::make_shared<VerifierOptions>();
    CLI::App* app = group->add_subcommand(name, help);
    add_common(*app, o->common);
    app->add_option("--node", o->node, "the node")->capture_default_str();
    commands.push_back({app, [o, run] { return run(*o); }});
    return std::pair(app, o);
  };
  command("list", "all verifiers that a node knows, with what became of their attestations", list);
  const auto [adding, added] = command("add", "list the verifiers of another node at yours", add);
  adding->add_option("url", added->other, "the other node")->required();
  const auto [removing, removed] = command("remove", "list them no more", remove);
  removing->add_option("issuer", removed->other, "did:key:… of the other node")->required();
}

}  // namespace swarma::cli
