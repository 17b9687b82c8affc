// swarma agent: gives out the keys of the titles that this identity has published with --own-agent, at one or several
// fabrics. It calls them; nobody has to reach this machine.
#include <CLI/CLI.hpp>
#include <csignal>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/identity.h"
#include "cli/node_info.h"
#include "cli/program.h"
#include "cli/terminal.h"
#include "node/home_lines.h"

namespace swarma::cli {
namespace {

struct AgentOptions {
  Common common;
  std::vector<std::string> fabrics = {"http://127.0.0.1:8420"};
  std::string token;
};

Result<void> run_agent(const AgentOptions& options) {
  sigset_t ends;  // taken by sigwait below; threads that start later inherit the mask
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  node::HomeOptions home{.fabrics = {}, .token = options.token, .ca_file = options.common.ca_file};
  for (const std::string& text : options.fabrics) {
    SWARMA_TRY(std::string url, parse_node_url(text));
    home.fabrics.push_back(std::move(url));
  }
  SWARMA_TRY(const crypto::Identity identity, open_identity(options.common));
  const SystemClock clock;
  SWARMA_TRY(const auto lines, node::HomeLines::open(std::move(home), identity, clock,
                                                     [](const std::string& fabric, const std::string& sentence) {
                                                       say(fabric + ": " + sentence);
                                                     }));
  if (options.common.json)
    print_json(Json{{"agent", identity.signing.did().text()},
                    {"encryption", identity.decryption.encryption_key().did()},
                    {"fabrics", options.fabrics}});
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ends, &signal);
  return {};
}

}  // namespace

void add_agent(CLI::App& program, Commands& commands) {
  auto o = std::make_shared<AgentOptions>();
  CLI::App* app = program.add_subcommand("agent", "give out the keys of your titles from home");
  add_common(*app, o->common);
  app->add_option("--fabric", o->fabrics, "a node that has your titles; may repeat")->capture_default_str();
  app->add_option("--token", o->token, "a token of that node's owner, if you are somebody else");
  commands.push_back({app, [o] { return run_agent(*o); }});
}

}  // namespace swarma::cli
