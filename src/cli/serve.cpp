// swarma serve: a node with all roles. Prints one line with its URL when it answers; SIGTERM and SIGINT drain it,
// SIGHUP makes it read its certificate again.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/log.h"
#include "cli/identity.h"
#include "cli/options.h"
#include "cli/program.h"
#include "cli/terminal.h"
#include "node/node.h"

namespace swarma::cli {
namespace {

struct ServeOptions {
  Common common;
  node::Config config;
  std::string log_level = "info";
  std::string log_format = "text";
};

void describe_serve(CLI::App& app, ServeOptions& options) {
  add_common(app, options.common);
  OptionSet set;
  node::describe(set, options.config);
  set.push_back({.name = "log-level",
                 .target = &options.log_level,
                 .help = "debug, info, warning, error or off",
                 .choices = {"debug", "info", "warning", "error", "off"}});
  set.push_back(
      {.name = "log-format", .target = &options.log_format, .help = "text or json", .choices = {"text", "json"}});
  cli::add_options(app, set);
}

void configure_log(const ServeOptions& options) {
  const std::string_view level = options.log_level;
  log::configure(level == "debug"     ? log::Level::Debug
                 : level == "warning" ? log::Level::Warning
                 : level == "error"   ? log::Level::Error
                 : level == "off"     ? log::Level::Off
                                      : log::Level::Info,
                 options.log_format == "json" ? log::Format::Json : log::Format::Text);
}

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
  return set;
}

/// Waits for signals on a thread of its own. SIGHUP reloads, also when a terminal hangs up: it never ends the node.
/// SIGINT and SIGTERM stop it; a second one ends the process at once.
class SignalThread {
 public:
  explicit SignalThread(node::Node& node) {
    thread_ = std::thread([this, &node] {
      const int signal = wait(node);
      if (finished_) return;
      log::info("draining", {{"signal", signal}});
      node.stop();
      wait(node);
      if (!finished_) _exit(1);
    });
  }
  ~SignalThread() {
    finished_ = true;
    pthread_kill(thread_.native_handle(), SIGTERM);
    thread_.join();
  }
  /// Call before any other thread starts: they inherit the mask.
  static void block_signals() {
    const sigset_t set = handled_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
  }

 private:
  /// The next signal that asks for an end.
  static int wait(node::Node& node) {
    const sigset_t set = handled_signals();
    for (int signal = 0;;) {
      sigwait(&set, &signal);
      if (signal != SIGHUP) return signal;
      node.reload();
    }
  }

  std::atomic<bool> finished_{false};
  std::thread thread_;
};

Result<void> serve(ServeOptions& options) {
  configure_log(options);
  SignalThread::block_signals();
  SWARMA_TRY(crypto::Identity identity, open_identity(options.common));
  options.config.data = options.common.data;
  SWARMA_TRY(const std::unique_ptr<node::Node> node, node::Node::create(options.config, std::move(identity)));
  if (options.common.json) {
    const Json ready = {{"url", node->url()}, {"pid", getpid()}, {"studio", node->studio_link()}};
    print_json(ready);
  } else {
    tell("Swarma is ready at {}\n", node->url());
    if (const std::string link = node->studio_link(); !link.empty())
      say("Publish from the browser (link works once): " + link);
  }
  std::fflush(stdout);
  const SignalThread signals(*node);
  node->run();
  return {};
}

}  // namespace

void add_serve(CLI::App& program, Commands& commands) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App* app = program.add_subcommand("serve", "run a node");
  describe_serve(*app, *options);
  commands.push_back({app, [options] { return serve(*options); }});
}

}  // namespace swarma::cli
