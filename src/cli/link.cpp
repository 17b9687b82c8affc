// swarma link: a one-time link that signs a browser in to the studio of a node.
#include <fmt/format.h>

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

struct LinkOptions {
  Common common;
  std::string node = "http://127.0.0.1:8420";
};

Result<void> make_link(const LinkOptions& options) {
  SWARMA_TRY(const std::string node, parse_node_url(options.node));
  SWARMA_TRY(const crypto::Identity identity, open_identity(options.common));
  const SystemClock clock;
  net::HttpClient http({.ca_file = options.common.ca_file});
  client::Node client(http, {.url = node, .token = {}, .patience = {}}, identity.signing, clock);
  SWARMA_TRY(const net::ClientResponse response, client.send_signed("POST", "/v1/links", {}, {}));
  SWARMA_TRY(const Json body, parse_json(response.body));
  SWARMA_TRY(const std::string link, JsonReader(body, "link").text("link", 1000));
  if (options.common.json) {
    print_json(Json{{"link", link}});
  } else {
    tell("{}\n", link);
    say("It works once, within an hour.");
  }
  return {};
}

}  // namespace

void add_link(CLI::App& program, Commands& commands) {
  auto o = std::make_shared<LinkOptions>();
  CLI::App* app = program.add_subcommand("link", "a one-time link to the studio of your node");
  add_common(*app, o->common);
  app->add_option("--node", o->node, "the node")->capture_default_str();
  commands.push_back({app, [o] { return make_link(*o); }});
}

}  // namespace swarma::cli
