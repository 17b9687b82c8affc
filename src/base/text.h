// Numbers and addresses written as text. For bytes from strangers: the whole text must be what is asked for.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace swarma {

/// Decimal digits, with '-' for signed types and nothing else: no blanks, no '+', nothing behind. nullopt as well when
/// the number does not fit into a T.
template <class T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct HostPort {
  std::string host;  // without the brackets of an IPv6 address; empty: none was named
  std::uint16_t port = 0;
  bool operator==(const HostPort&) const = default;
};

/// HOST:PORT or [IPv6]:PORT; the last colon counts. Whether there is such a host is not checked.
std::optional<HostPort> parse_host_port(std::string_view text);

}  // namespace swarma
