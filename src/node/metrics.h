// /metrics in the Prometheus text format (version 0.0.4).
#pragma once

#include <string>

#include <span>

#include "net/http_server.h"
#include "node/part.h"

namespace swarma::node {

std::string render_metrics(const net::ServerStats& stats, std::int64_t uptime_s, std::span<const Metric> of_parts);

}  // namespace swarma::node
