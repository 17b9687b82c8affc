// Instants as texts with a zone (RFC 3339): "2026-11-26T03:42:56Z".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace swarma {

/// In UTC, to the second.
std::string to_rfc3339(Instant instant);

/// A whole date and time with "Z" or an offset; fractions of a second are dropped. nullopt for anything else, for dates
/// that do not exist and for years before 1970.
std::optional<Instant> parse_rfc3339(std::string_view text);

}  // namespace swarma
