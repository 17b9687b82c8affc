// /metrics in the Prometheus text format (version 0.0.4).
#pragma once

#include <string>

#include "net/http_server.h"

namespace swarma::node {

std::string render_metrics(const net::ServerStats& stats, std::int64_t uptime_s);

}  // namespace swarma::node
