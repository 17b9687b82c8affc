#include "node/metrics.h"

#include <fmt/format.h>

#include <unistd.h>
#include <fstream>

namespace swarma::node {
namespace {

std::uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

std::string render_metrics(const net::ServerStats& stats, std::int64_t uptime_s, std::span<const Metric> of_parts) {
  std::string out;
  const auto add = [&out](std::string_view name, std::string_view type, std::string_view help, std::uint64_t value) {
    out += fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n{0} {3}\n", name, type, help, value);
  };
  out += fmt::format(
      "# HELP swarma_info Version of this node\n# TYPE swarma_info gauge\nswarma_info{{version=\"{}\"}} 1\n",
      SWARMA_VERSION);
  add("swarma_uptime_seconds", "gauge", "Seconds since this node started", static_cast<std::uint64_t>(uptime_s));
  add("swarma_resident_bytes", "gauge", "Memory of this process", resident_bytes());
  add("swarma_http_connections", "gauge", "Open connections", stats.connections_open);
  add("swarma_http_requests_total", "counter", "Requests answered", stats.requests);
  add("swarma_http_sent_bytes_total", "counter", "Bytes sent", stats.bytes_sent);
  add("swarma_http_errors_4xx_total", "counter", "Answers 400 to 499", stats.errors_4xx);
  add("swarma_http_errors_5xx_total", "counter", "Answers 500 to 599", stats.errors_5xx);
  add("swarma_http_slow_streams_total", "counter", "Streams and WebSockets ended because their readers did not keep up",
      stats.slow_streams);
  for (const Metric& metric : of_parts) add(metric.name, metric.type, metric.help, metric.value());
  return out;
}

}  // namespace swarma::node
