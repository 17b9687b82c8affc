#include "base/log.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <nlohmann/json.hpp>

#include "base/printable.h"

namespace swarma::log {
namespace {

std::atomic<Format> format{Format::Text};

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto made = std::make_shared<spdlog::logger>("swarma", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->flush_on(spdlog::level::info);
    return made;
  }();
  return *instance;
}

/// JSON quoting; bytes that are not UTF-8 become U+FFFD, so a hostile value cannot break or forge a line.
std::string json_quoted(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string timestamp() {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm utc;
  gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec, now.time_since_epoch().count() % 1000);
}

void write(spdlog::level::level_enum level, std::string_view name, std::string_view event, Fields fields) {
  if (!logger().should_log(level)) return;
  std::string line;
  if (format == Format::Json) {
    line = fmt::format(R"({{"time":"{}","level":"{}","event":{})", timestamp(), name, json_quoted(event));
    for (const Field& field : fields)
      line += fmt::format(",{}:{}", json_quoted(field.name), field.is_number ? field.text : json_quoted(field.text));
    line += "}";
  } else {
    line = fmt::format("{} {:7} {}", timestamp(), name, event);
    for (const Field& field : fields)
      line += fmt::format(" {}={}", field.name, field.is_number ? field.text : printable(json_quoted(field.text)));
  }
  logger().log(level, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace

Field::Field(std::string_view field_name, double value)
    : name(field_name), text(fmt::format("{}", value)), is_number(true) {}

void configure(Level level, Format chosen) {
  static constexpr spdlog::level::level_enum levels[] = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                                         spdlog::level::err, spdlog::level::off};
  logger().set_level(levels[static_cast<int>(level)]);
  format = chosen;
}

void debug(std::string_view event, Fields fields) {
  write(spdlog::level::debug, "debug", event, fields);
}
void info(std::string_view event, Fields fields) {
  write(spdlog::level::info, "info", event, fields);
}
void warning(std::string_view event, Fields fields) {
  write(spdlog::level::warn, "warning", event, fields);
}
void error(std::string_view event, Fields fields) {
  write(spdlog::level::err, "error", event, fields);
}

}  // namespace swarma::log
