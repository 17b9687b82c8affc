// What an operator can choose, described once by the module that reads it: describe(OptionSet&, Options&) beside the
// struct. Each option is a flag (--listen), a variable (SWARMA_LISTEN) and a key of the config file (listen);
// cli/options.h makes these of it, and the reference is generated from that.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

namespace swarma {

struct Option {
  using Target = std::variant<bool*, std::string*, std::filesystem::path*, unsigned*, std::uint64_t*,
                              std::chrono::seconds*, std::vector<std::string>*>;
  std::string name;  // without dashes in front
  Target target;     // holds the default, and gets what was chosen
  std::string help;
  std::uint64_t min = 0, max = UINT64_MAX;  // of numbers and seconds
  std::vector<std::string> choices = {};    // of texts and lists; empty: any
  bool opens_file = false;                  // names a file that a library will open
};
using OptionSet = std::vector<Option>;

}  // namespace swarma
