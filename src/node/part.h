// What a role hands to the node: the only shape that node.cpp knows of it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "api/table.h"
#include "work/timers.h"

namespace swarma::node {

/// A figure for /metrics (Prometheus).
struct Metric {
  std::string_view name, type, help;  // type: "gauge" or "counter"
  std::function<std::uint64_t()> value;
};

struct Part {
  api::Table routes;
  std::vector<work::Timer> timers;
  std::vector<Metric> metrics;
  /// What all of these lead to. Parts go in the reverse order of their making, when no request is under way any more.
  std::shared_ptr<void> keeps;
};

}  // namespace swarma::node
