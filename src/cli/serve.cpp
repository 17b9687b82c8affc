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

void add_options(CLI::App& app, ServeOptions& options) {
  node::Config& c = options.config;
  add_common(app, options.common);
  app.add_option("--listen", c.listen, "HOST:PORT; port 0 takes any free one")->capture_default_str();
  app.add_option("--name", c.name, "what the pages call this node")->capture_default_str();
  app.add_option("--database", c.database, "sqlite:PATH or postgresql://…; default: swarma.db in --data");
  app.add_option("--blobs", c.blobs, "folder of the blobs; default: blobs in --data");
  app.add_option("--public-url", c.public_url, "how others reach this node, behind a proxy or a name");
  app.add_flag("--tls", c.tls, "serve TLS with a certificate of its own, made on first use");
  app.add_option("--tls-certificate", c.tls_certificate, "serve TLS with this certificate chain (PEM)")
      ->check(why_not_ordinary);
  app.add_option("--tls-key", c.tls_key, "the key of --tls-certificate (PEM)")->check(why_not_ordinary);
  app.add_option("--trusted-proxy", c.trusted_proxies, "address whose X-Forwarded-For is believed; may repeat");
  app.add_option("--loops", c.loops, "event loops; 0: one a core")->capture_default_str();
  app.add_option("--workers", c.workers, "threads for what blocks")->capture_default_str()->check(CLI::Range(1, 256));
  app.add_option("--database-connections", c.database_connections, "connections held open")
      ->capture_default_str()
      ->check(CLI::Range(1, 256));
  app.add_option("--max-connections", c.max_connections, "open connections")->capture_default_str();
  app.add_option("--max-connections-per-address", c.max_connections_per_address, "of one address")
      ->capture_default_str();
  app.add_option("--max-upload-bytes", c.max_upload_bytes, "largest film by the browser")->capture_default_str();
  app.add_option("--header-timeout", c.header_timeout_s, "seconds for the head of a request")->capture_default_str();
  app.add_option("--idle-timeout", c.idle_timeout_s, "seconds between requests")->capture_default_str();
  app.add_option("--body-timeout", c.body_timeout_s, "seconds without a byte of a body")->capture_default_str();
  app.add_option("--min-read-rate", c.min_read_rate, "bytes a second that the reader of a body takes at least; 0: any")
      ->capture_default_str()
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1} << 30));
  app.add_option("--read-window", c.read_window_s, "seconds over which --min-read-rate is measured")
      ->capture_default_str()
      ->check(CLI::Range(1, 86'400));
  app.add_option("--drain-timeout", c.drain_timeout_s, "seconds for requests under way when stopping")
      ->capture_default_str();
  app.add_option("--log-level", options.log_level, "debug, info, warning, error or off")
      ->capture_default_str()
      ->check(CLI::IsMember({"debug", "info", "warning", "error", "off"}));
  app.add_option("--log-format", options.log_format, "text or json")
      ->capture_default_str()
      ->check(CLI::IsMember({"text", "json"}));
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
  add_options(*app, *options);
  commands.push_back({app, [options] { return serve(*options); }});
}

}  // namespace swarma::cli
