// Text from elsewhere: what may pass as an identifier, and what may reach a terminal.
#pragma once

#include <string>
#include <string_view>

namespace swarma {

/// The text with everything that would steer a terminal, or make it show other letters than are there, written out as
/// "<U+202E>": control characters but line feed, bidirectional controls, line and paragraph separators, invisible
/// characters of no width. What is not UTF-8 becomes U+FFFD.
std::string printable(std::string_view text);

/// Whether a text is 1 to `max` visible ASCII characters (no spaces).
bool is_visible(std::string_view text, std::size_t max);

}  // namespace swarma
