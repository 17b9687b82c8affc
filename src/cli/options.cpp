#include "cli/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>

#include "cli/program.h"

namespace swarma::cli {
namespace {

struct Adder {
  CLI::App& app;
  const Option& option;

  std::string flag() const { return "--" + option.name; }

  void operator()(bool* target) const { app.add_flag(flag(), *target, option.help); }
  void operator()(std::filesystem::path* target) const { app.add_option(flag(), *target, option.help); }
  void operator()(std::vector<std::string>* target) const {
    if (option.choices.empty()) {
      // An empty text stands for none, as the sample file has it.
      const auto set = [target](const std::vector<std::string>& given) {
        target->clear();
        std::ranges::copy_if(given, std::back_inserter(*target), [](const std::string& one) { return !one.empty(); });
      };
      app.add_option_function<std::vector<std::string>>(flag(), set, option.help);
      return;
    }
    CLI::Option* added = app.add_option(flag(), *target, option.help);
    added->delimiter(',')->check(CLI::IsMember(option.choices))->capture_default_str();
  }
  void operator()(std::string* target) const {
    CLI::Option* added = app.add_option(flag(), *target, option.help);
    if (!target->empty()) added->capture_default_str();
    if (option.opens_file) added->check(why_not_ordinary);
    if (!option.choices.empty()) added->check(CLI::IsMember(option.choices));
  }
  void operator()(unsigned* target) const { number(*target); }
  void operator()(std::uint64_t* target) const { number(*target); }
  void operator()(std::chrono::seconds* target) const {
    const auto set = [target](const std::uint64_t& seconds) { *target = std::chrono::seconds(seconds); };
    bound(
        app.add_option_function<std::uint64_t>(flag(), set, option.help)->default_str(std::to_string(target->count())));
  }
  template <class Number>
  void number(Number& target) const {
    bound(app.add_option(flag(), target, option.help)->capture_default_str());
  }
  void bound(CLI::Option* added) const {
    if (option.min > 0 || option.max < UINT64_MAX) added->check(CLI::Range(option.min, option.max));
  }
};

}  // namespace

void add_options(CLI::App& app, const OptionSet& options) {
  for (const Option& option : options) std::visit(Adder{app, option}, option.target);
}

}  // namespace swarma::cli
