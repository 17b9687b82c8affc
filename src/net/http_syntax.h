// The small grammars of HTTP that are ours to read: percent-encoding, paths, ranges, entity tags. Pure functions over
// foreign bytes; nothing here allocates more than its input.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.h"

namespace swarma::net {

bool equals_ignoring_case(std::string_view a, std::string_view b);

/// Without leading and trailing spaces and tabs.
std::string_view trim(std::string_view text);

/// Calls `visit(element)` for each non-empty element of a comma-separated list, trimmed, until it returns true.
/// Commas inside quoted strings are not separators. True if a visit did.
template <class Visit>
bool any_list_element(std::string_view list, Visit visit);

/// Replaces %XX (and '+' by a space where `plus_is_space`). Nothing if an escape is broken or the result is not UTF-8.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

/// The path of a request target: decoded, then without dot segments (RFC 3986, 5.2.4), so that "%2e%2e" is no way out.
/// BadRequest for a broken escape, bytes that are not UTF-8, or a control character.
Result<std::string> normalise_path(std::string_view raw);

bool is_utf8(std::string_view text);

struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  bool operator==(const ByteRange&) const = default;
};
struct WholeBody {  // no range, one we do not serve (several, another unit), or nonsense: answer 200
  bool operator==(const WholeBody&) const = default;
};
struct Unsatisfiable {  // answer 416
  bool operator==(const Unsatisfiable&) const = default;
};
using RangeChoice = std::variant<WholeBody, ByteRange, Unsatisfiable>;

/// What a Range header (RFC 9110, 14.2) asks of a body of `size` bytes.
RangeChoice choose_range(std::string_view header, std::uint64_t size);

/// Whether an If-None-Match header names this entity tag (weak comparison) or is "*".
bool names_etag(std::string_view if_none_match, std::string_view etag);

/// Whether an If-Match header names this entity tag (strong comparison: a weak one never fits) or is "*".
bool matches_etag(std::string_view if_match, std::string_view etag);

/// "host", "host:port" or "[v6]:port" of nothing but the characters these may hold.
bool is_valid_host(std::string_view host);

}  // namespace swarma::net

template <class Visit>
bool swarma::net::any_list_element(std::string_view list, Visit visit) {
  std::size_t start = 0;
  bool quoted = false;
  for (std::size_t i = 0; i <= list.size(); ++i) {
    if (i < list.size() && list[i] == '"') quoted = !quoted;
    if (i < list.size() && (quoted || list[i] != ',')) continue;
    const std::string_view element = trim(list.substr(start, i - start));
    if (!element.empty() && visit(element)) return true;
    start = i + 1;
  }
  return false;
}
