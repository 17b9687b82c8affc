// The renditions of a picture: their sizes and their caps. Pure. Internal.
#pragma once

#include <cstdint>
#include <vector>

#include "content/media/plan.h"

namespace swarma::content::media {

struct Rung {
  int width = 0, height = 0;
  int short_side() const { return width < height ? width : height; }
};

/// Auto: the source's own size, then the listed short sides below it that are not within 15 % of the next higher one.
/// List: the wanted short sides, none above the source (the source's own size if all are above). Even sizes, high
/// first.
std::vector<Rung> make_ladder(const VideoStream& video, const LadderChoice& choice);

/// The most bits per second an encode of this size may use over a few seconds.
std::int64_t max_bit_rate(const Rung& rung, double frame_rate);

}  // namespace swarma::content::media
