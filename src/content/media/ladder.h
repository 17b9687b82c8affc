// The renditions of a picture: which are wanted, their sizes and their caps. Pure.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "content/media/media_info.h"

namespace swarma::content::media {

enum class LadderMode { Auto, Copy, List };

struct LadderChoice {
  LadderMode mode = LadderMode::Auto;
  std::vector<int> heights;  // List: short sides wanted, e.g. {720, 360}; never more than the source has
  /// "auto" | "copy" | "720,480,360" (a trailing p is accepted). BadRequest with a sentence otherwise.
  static Result<LadderChoice> parse(std::string_view text);
};

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
