// /metrics in the Prometheus text format (version 0.0.4).
#pragma once

#include <string>

#include "net/http_server.h"

namespace swarma::node {

struct BlobFigures {
  std::uint64_t damaged = 0;
  bool sweep_held_back = false;
};

std::string render_metrics(const net::ServerStats& stats, std::int64_t uptime_s, const BlobFigures& blobs);

}  // namespace swarma::node
