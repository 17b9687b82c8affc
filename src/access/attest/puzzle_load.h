// How many puzzles of a title were asked for lately, at all nodes of a database: what makes them harder.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/ids.h"
#include "db/database.h"

namespace swarma::access::attest {

inline constexpr std::int64_t kCalmPuzzles = 60;          // a minute: no bit more
inline constexpr std::int64_t kPuzzleWindowSeconds = 10;  // counts are kept by these
inline constexpr std::int64_t kPuzzleWindows = 6;         // a minute of them decides

/// Counts one more, and says how many bits more than the least it should have: 0 up to kCalmPuzzles in the last minute,
/// then one for every doubling.
Result<std::int64_t> count_puzzle(db::Database& database, const TitleId& title, Instant now);

}  // namespace swarma::access::attest
