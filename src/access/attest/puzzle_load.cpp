#include "access/attest/puzzle_load.h"

#include <bit>

namespace swarma::access::attest {

Result<std::int64_t> count_puzzle(db::Database& database, const TitleId& title, Instant now) {
  const std::int64_t window = now.unix_s() / kPuzzleWindowSeconds;
  std::int64_t lately = 0;
  SWARMA_RETURN_IF_ERROR(database.transact([&](db::Session& session) -> Result<void> {
    SWARMA_RETURN_IF_ERROR(session.execute(
        "INSERT INTO attest_puzzle_counts (title_id, time_window, asked) VALUES ($1, $2, 1) ON CONFLICT (title_id, "
        "time_window) DO UPDATE SET asked = attest_puzzle_counts.asked + 1",
        {title.text(), window}));
    // Windows of the future count for nothing: the clock was set back.
    SWARMA_TRY(const db::Rows rows, session.query("SELECT asked FROM attest_puzzle_counts WHERE title_id = $1 AND "
                                                  "time_window > $2 AND time_window <= $3",
                                                  {title.text(), window - kPuzzleWindows, window}));
    lately = 0;
    for (const db::Row& row : rows) lately += row.integer(0);
    return {};
  }));
  return std::bit_width(static_cast<std::uint64_t>((lately - 1) / kCalmPuzzles));
}

}  // namespace swarma::access::attest
