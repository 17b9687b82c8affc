// Makes the plaintext segments of a plan, in memory, and hands each to a sink. One decode feeds all encodes; copied
// tracks are only remuxed. CMAF fMP4 (one track a file, default-base-is-moof, tfdt continuous), segmented WebVTT, JPEG
// tiles.
#pragma once

#include <atomic>
#include <functional>
#include <set>

#include "base/bytes.h"
#include "content/media/film.h"
#include "content/media/plan.h"
#include "content/media/segment_sink.h"

namespace swarma::content::media {

struct Progress {
  double done_seconds = 0;  // of film
  double total_seconds = 0;
  double speed = 0;  // film seconds per second
};
using ProgressFn = std::function<void(const Progress&)>;  // at most ten times a second

/// Makes every track of the plan whose number is not in `finished`. `cancel` is looked at between packets (Unavailable,
/// "cancelled"). A stream that ends before its container said (by more than a slot) is Unsupported ("file_truncated").
/// Conflict ("source_changed") when `info` is not of this film.
Result<void> package(const Film& film, const MediaInfo& info, const PackagePlan& plan,
                     const std::set<std::size_t>& finished, SegmentSink& sink, const ProgressFn& progress,
                     const std::atomic<bool>& cancel);

/// A JPEG of a telling frame (not black, about a tenth into the film), at most 1280 wide. At `at_us` if not negative.
Result<Bytes> make_poster(const Film& film, const MediaInfo& info, std::int64_t at_us = -1);

/// The same from a picture of one's own (JPEG, PNG, WebP), turned as its EXIF says; nothing else of the file survives,
/// no place and no camera. BadRequest ("poster_unreadable").
Result<Bytes> make_poster_of_picture(const std::filesystem::path& picture);

}  // namespace swarma::content::media
