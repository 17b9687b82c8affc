// GET /v1/node, /health, /metrics.
#pragma once

#include <functional>
#include <map>

#include "api/table.h"
#include "base/clock.h"
#include "crypto/dpop.h"
#include "crypto/keys.h"

namespace swarma::api {

/// What GET /health says. Strangers read it: slugs only.
struct Health {
  bool ok = true;
  std::map<std::string, std::string> checks;  // name → "ok" or what is wrong
};

struct NodeRoutes {
  const Clock& clock;
  const crypto::DpopNonces& nonces;
  const crypto::Identity& identity;
  std::string name;
  std::string secure_url;  // this node over TLS, if it has such an address
  std::size_t max_upload_bytes = 0;
  std::function<Health()> health;  // as seen a moment ago: answers at once
  std::function<bool()> draining;
  std::function<std::string()> metrics;  // Prometheus text
};
Table routes(const NodeRoutes& with);

}  // namespace swarma::api
