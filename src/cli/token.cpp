// swarma token: lets another key publish at this node, and connect its agent.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/identity.h"
#include "cli/node_info.h"
#include "cli/program.h"
#include "cli/terminal.h"
#include "client/node.h"

namespace swarma::cli {
namespace {

struct TokenOptions {
  Common common;
  std::string did, node = "http://127.0.0.1:8420";
  int days = 30;
};

Result<void> make_token(const TokenOptions& options) {
  SWARMA_TRY(const std::string node, parse_node_url(options.node));
  SWARMA_TRY(const crypto::Did holder, crypto::Did::parse(options.did));
  SWARMA_TRY(const crypto::Identity identity, open_identity(options.common));
  const SystemClock clock;
  net::HttpClient http({.ca_file = options.common.ca_file});
  client::Node client(http, {.url = node, .token = {}, .patience = {}}, identity.signing, clock);
  SWARMA_TRY(const Json answer,
             client.post("/v1/tokens", {{"did", holder.text()}, {"ttl_s", std::int64_t{options.days} * 86'400}}));
  const JsonReader reader(answer, "node's answer");
  SWARMA_TRY(const std::string token, reader.text("token", 4096));
  SWARMA_TRY(const Expiry expires_at, reader.expiry("expires_at"));
  if (options.common.json)
    print_json(Json{{"token", token}, {"expires_at", expires_at.unix_s()}});
  else
    tell("{}\n", token);
  return {};
}

}  // namespace

void add_token(CLI::App& program, Commands& commands) {
  auto o = std::make_shared<TokenOptions>();
  CLI::App* app = program.add_subcommand("token", "let another key publish at your node");
  add_common(*app, o->common);
  app->add_option("did", o->did, "whose key it is (swarma key show)")->required();
  app->add_option("--node", o->node, "your node")->capture_default_str();
  app->add_option("--days", o->days, "how long it holds")->capture_default_str()->check(CLI::Range(1, 365));
  commands.push_back({app, [o] { return make_token(*o); }});
}

}  // namespace swarma::cli
