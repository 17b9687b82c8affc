// What a command needs to know of the node it talks to.
#pragma once

#include <string>

#include "base/error.h"
#include "title/codes.h"

namespace swarma::cli {

/// Checks http(s)://host[:port][/] and drops a trailing slash. BadRequest "usage".
Result<std::string> parse_node_url(const std::string& text);
/// A --policy text: a preset, or a file. `codes` is the private part.
struct ChosenPolicy {
  std::string canonical;
  title::CodeLists codes;
};
Result<ChosenPolicy> load_policy(const std::string& preset_or_file);

}  // namespace swarma::cli
