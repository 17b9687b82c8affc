#include "node/node.h"

#include "base/log.h"
#include "base/stopwatch.h"
#include "net/http_server.h"
#include "node/metrics.h"
#include "node/roles/creator.h"
#include "node/roles/fabric.h"
#include "node/roles/host.h"
#include "node/server_options.h"

namespace swarma::node {

/// In the order of their making; the server and the timers, which call the parts, go before them.
struct Node::Impl {
  std::unique_ptr<Foundation> foundation;
  std::vector<std::shared_ptr<void>> parts;
  std::vector<Metric> metrics;
  api::Links* links = nullptr;
  std::unique_ptr<CertificateKeeper> certificate;  // null: in the clear
  std::mutex certificate_mutex;
  std::unique_ptr<net::HttpServer> server;
  std::unique_ptr<work::Timers> timers;
  const Stopwatch started;

  ~Impl() {
    timers.reset();
    server.reset();
    while (!parts.empty()) parts.pop_back();
  }
  std::string render_metrics() const;
  void check_certificate(bool asked);
};

std::string Node::Impl::render_metrics() const {
  const auto up = std::chrono::duration_cast<std::chrono::seconds>(started.elapsed());
  return node::render_metrics(server->stats(), up.count(), metrics);
}

/// `asked`: an operator wants the files read again, changed or not, and hears how it went.
void Node::Impl::check_certificate(bool asked) {
  if (!certificate) return;
  const std::lock_guard lock(certificate_mutex);
  const auto changed = certificate->check();
  if (!changed) log::error("certificate_failed", {{"message", changed.error().message}});
  if (!changed || (!*changed && !asked)) return;
  if (const auto loaded = server->reload_certificate(); !loaded)
    log::error("certificate_failed", {{"message", loaded.error().message}});
  else
    log::info("certificate_loaded");
}

Node::Node(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Node::~Node() = default;

Result<std::unique_ptr<Node>> Node::create(const Config& config, crypto::Identity identity, const Clock& clock) {
  std::unique_ptr<Node> node(new Node(std::make_unique<Impl>()));
  Impl& impl = *node->impl_;
  if (!config.has_role("fabric"))
    return fail(ErrorCode::BadRequest, "usage",
                "--roles needs fabric: a creator publishes through the fabric of its own node.");
  SWARMA_TRY(HomeLock home, HomeLock::take(config.data));
  SWARMA_TRY(ServerSetup setup, prepare_server(config, clock));
  SWARMA_TRY(impl.foundation,
             Foundation::open(config, std::move(identity), clock, std::move(home), setup.options.public_url));
  Foundation& foundation = *impl.foundation;
  api::Table routes;
  std::vector<work::Timer> timers;
  const auto add = [&](Part part) {
    std::ranges::move(part.routes, std::back_inserter(routes));
    std::ranges::move(part.timers, std::back_inserter(timers));
    std::ranges::move(part.metrics, std::back_inserter(impl.metrics));
    impl.parts.push_back(std::move(part.keeps));
  };
  Host host = make_host(foundation, [&impl] { return impl.render_metrics(); });
  impl.links = &host.links;
  add(std::move(host.part));
  SWARMA_TRY(Fabric fabric, make_fabric(foundation));
  add(std::move(fabric.part));
  if (config.has_role("creator")) {
    SWARMA_TRY(Part creator, make_creator(foundation, fabric.face));
    add(std::move(creator));
  }
  impl.certificate = std::move(setup.certificate);
  timers.push_back({.name = "certificate", .every = std::chrono::minutes(1), .run = [&impl]() -> Result<void> {
                      impl.check_certificate(false);
                      return {};
                    }});
  setup.options.max_connections = foundation.descriptors.connections;
  const auto refuse = [&foundation](const net::Request&, const Error& error) { return foundation.door.refuse(error); };
  SWARMA_TRY(impl.server,
             net::HttpServer::create(std::move(setup.options), foundation.door.open(std::move(routes)), refuse));
  impl.timers = std::make_unique<work::Timers>(std::move(timers), clock);
  return node;
}

void Node::run() {
  impl_->server->run();
}

void Node::stop() {
  impl_->foundation->draining = true;
  impl_->server->stop();
}

void Node::reload() {
  log::info("reloading");
  impl_->check_certificate(true);
}

std::string Node::url() const {
  return impl_->server->url();
}

std::string Node::studio_link() {
  const auto secret = impl_->links->create();
  if (!secret) return {};
  const std::string& public_url = impl_->foundation->public_url;
  return (public_url.empty() ? impl_->server->url() : public_url) + "/studio/link#" + *secret;
}

void Node::tidy_up() {
  impl_->timers->run(true);
}

}  // namespace swarma::node
