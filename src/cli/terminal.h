// What people see on a terminal: a progress line with stage, speed and time left; errors as sentences; results.
//
// Everything a command prints goes through here: names, notes and errors may hold text of strangers, and what would
// steer a terminal is written out (base/printable.h). JSON is for programs and stays exact.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/json.h"

namespace swarma::cli {

/// One line on standard error that rewrites itself on a terminal; in a pipe, one line per stage. Safe for concurrent
/// use.
class ProgressLine {
 public:
  explicit ProgressLine(bool quiet);
  ~ProgressLine();
  /// fraction in [0, 1], or negative when unknown; `detail` such as "12.3x". Time left is estimated from the fraction.
  void update(std::string_view stage, double fraction, std::string_view detail);
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Text for people on standard output.
void print_text(std::string_view text);
template <class... Arguments>
void tell(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  print_text(fmt::format(format, std::forward<Arguments>(arguments)...));
}
/// One line of JSON on standard output.
void print_json(const Json& json);

void print_error(const Error& error);
/// A line of information on standard error.
void say(std::string_view sentence);
/// Asks on the terminal; Unavailable when standard input is not one.
Result<std::string> ask(std::string_view question);

std::string format_duration(std::int64_t milliseconds);  // "1:02:03"
std::string format_bytes(std::int64_t bytes);            // "17.7 MB"

}  // namespace swarma::cli
