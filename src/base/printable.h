// Text from elsewhere on its way to a terminal.
#pragma once

#include <string>
#include <string_view>

namespace swarma {

/// The text with everything that would steer a terminal, or make it show other letters than are there, written out as
/// "<U+202E>": control characters but line feed, bidirectional controls, line and paragraph separators, invisible
/// characters of no width. What is not UTF-8 becomes U+FFFD.
std::string printable(std::string_view text);

}  // namespace swarma
