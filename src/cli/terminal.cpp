#include "cli/terminal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/printable.h"

namespace swarma::cli {

using SteadyClock = std::chrono::steady_clock;

struct ProgressLine::State {
  bool quiet = false;
  bool terminal = false;
  bool drawn = false;
  std::mutex mutex;
  std::string stage;
  SteadyClock::time_point stage_start;
  SteadyClock::time_point last_drawn;
};

ProgressLine::ProgressLine(bool quiet) : state_(std::make_unique<State>()) {
  state_->quiet = quiet;
  state_->terminal = isatty(STDERR_FILENO) == 1;
}

ProgressLine::~ProgressLine() {
  finish();
}

void ProgressLine::update(std::string_view stage, double fraction, std::string_view detail) {
  static constexpr int kWidth = 28;
  static constexpr auto kRedraw = std::chrono::milliseconds(100);
  State& s = *state_;
  if (s.quiet) return;
  const std::lock_guard lock(s.mutex);
  const auto now = SteadyClock::now();
  const bool new_stage = s.stage != stage;
  if (new_stage) {
    s.stage = stage;
    s.stage_start = now;
    if (!s.terminal) fmt::print(stderr, "{}…\n", stage);
  }
  if (!s.terminal || (!new_stage && fraction < 1 && now - s.last_drawn < kRedraw)) return;
  s.last_drawn = now;
  s.drawn = true;
  if (fraction < 0) {
    fmt::print(stderr, "\r\033[K{:<10} {}", stage, printable(detail));
    return;
  }
  const double seconds = std::chrono::duration<double>(now - s.stage_start).count();
  const int filled = static_cast<int>(std::min(fraction, 1.0) * kWidth);
  std::string bar;
  for (int i = 0; i < kWidth; ++i) bar += i < filled ? "█" : "░";
  std::string left;
  if (fraction > 0.01 && fraction < 1 && seconds > 1)
    left = fmt::format("  {} left",
                       format_duration(static_cast<std::int64_t>(seconds / fraction * (1 - fraction) * 1000)));
  fmt::print(stderr, "\r\033[K{:<10} {} {:3.0f} %  {}{}", stage, bar, std::min(fraction, 1.0) * 100, printable(detail),
             left);
}

void ProgressLine::finish() {
  const std::lock_guard lock(state_->mutex);
  if (state_->drawn) fmt::print(stderr, "\r\033[K");
  state_->drawn = false;
}

void print_text(std::string_view text) {
  fmt::print("{}", printable(text));
}

void print_json(const Json& json) {
  fmt::print("{}\n", json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void print_error(const Error& error) {
  fmt::print(stderr, "{}\n", printable(fmt::format("swarma: {} [{}]", error.message, error.reason)));
}

void say(std::string_view sentence) {
  fmt::print(stderr, "{}\n", printable(sentence));
}

Result<std::string> ask(std::string_view question) {
  if (isatty(STDIN_FILENO) != 1)
    return fail(ErrorCode::Unavailable, "no_terminal",
                "There is no terminal to ask on; answer with flags (see --help).");
  fmt::print(stderr, "{} ", printable(question));
  std::string line;
  if (!std::getline(std::cin, line)) return fail(ErrorCode::Unavailable, "no_answer", "There was no answer.");
  return line;
}

std::string format_duration(std::int64_t milliseconds) {
  const std::int64_t seconds = (milliseconds + 500) / 1000;
  if (seconds >= 3600) return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
}

std::string format_bytes(std::int64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes);
  int unit = 0;
  while (value >= 1000 && unit < 4) value /= 1000, ++unit;
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

}  // namespace swarma::cli
