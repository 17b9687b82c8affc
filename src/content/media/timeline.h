// One continuous time for a film whose own clock restarts or jumps, as that of recordings joined end to end does.
#pragma once

#include <cstdint>
#include <vector>

namespace swarma::content::media {

/// From its packet number `first_packet` on (counted from 0, as the file holds them), the times of `stream` are shifted
/// by `shift_us`, until a later piece of the same stream.
struct ClockPiece {
  int stream = 0;
  std::int64_t first_packet = 0;
  std::int64_t shift_us = 0;
};

/// Pieces in the order of each stream's packets. Empty: one clock throughout.
using Timeline = std::vector<ClockPiece>;

}  // namespace swarma::content::media
