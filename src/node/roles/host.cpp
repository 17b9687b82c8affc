#include "node/roles/host.h"

#include "api/routes/node.h"
#include "api/routes/problems.h"
#include "api/routes/tokens.h"
#include "node/health_watch.h"

namespace swarma::node {
namespace {

struct Insides {
  explicit Insides(Foundation& f) : links(*f.database, f.clock), health(*f.database, *f.blobs, *f.disk) {}

  api::Links links;
  HealthWatch health;
};

}  // namespace

Host make_host(Foundation& f, std::function<std::string()> metrics) {
  const auto in = std::make_shared<Insides>(f);
  const api::NodeRoutes node{.clock = f.clock,
                             .nonces = f.nonces,
                             .identity = f.identity,
                             .name = f.config.name,
                             .secure_url = f.public_url.starts_with("https://") ? f.public_url : std::string(),
                             .max_upload_bytes = f.config.uploads.max_upload_bytes,
                             .health = [in = in.get()] { return in->health.latest(); },
                             .draining = [&f] { return f.draining.load(); },
                             .metrics = std::move(metrics)};
  Part part{.routes = api::routes(node), .keeps = in};
  for (api::Table table :
       {api::routes(api::TokenRoutes{f.clock, f.door, in->links}), api::routes(api::ProblemRoutes{})})
    std::ranges::move(table, std::back_inserter(part.routes));
  return {.part = std::move(part), .links = in->links};
}

}  // namespace swarma::node
