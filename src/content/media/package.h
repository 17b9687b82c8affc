// Makes the plaintext segments of a plan, in memory, and hands each to a sink. One decode feeds all encodes; copied
// tracks are only remuxed. CMAF fMP4 (one track a file, default-base-is-moof, tfdt continuous), segmented WebVTT, JPEG
// tiles.
#pragma once

#include <atomic>
#include <functional>
#include <set>

#include "base/bytes.h"
#include "content/media/plan.h"

namespace swarma::content::media {

/// What a track turned out to be, known when it ends.
struct TrackFacts {
  std::string codecs;  // RFC 6381, from the avcC/esds actually written
  double frame_rate = 0;
  std::string note;  // a sentence when something had to be made up, such as silence in place of missing sound
};

/// Receives what package() makes. Called from several threads, but for one track always in order: init (fMP4 only),
/// then slots 0, 1, … each exactly once, then end. An error stops the work and is returned by package().
class SegmentSink {
 public:
  virtual ~SegmentSink() = default;
  virtual Result<void> on_init(std::size_t track, ByteView init) = 0;
  virtual Result<void> on_segment(std::size_t track, Slot slot, double seconds, Bytes plaintext) = 0;
  virtual Result<void> on_track_end(std::size_t track, const TrackFacts& facts) = 0;
  /// A buffer for a segment of about `bytes`, with any content; perhaps one that the sink is done with, because fresh
  /// memory costs more than what fills it.
  virtual Bytes take_buffer(std::size_t /*bytes*/) { return {}; }
};

struct Progress {
  double done_seconds = 0;  // of film
  double total_seconds = 0;
  double speed = 0;  // film seconds per second
};
using ProgressFn = std::function<void(const Progress&)>;  // at most ten times a second

/// Makes every track of the plan whose number is not in `finished`. `cancel` is looked at between packets (Unavailable,
/// "cancelled"). A stream that ends before its container said (by more than a slot) is Unsupported ("file_truncated").
Result<void> package(const std::filesystem::path& file, const MediaInfo& info, const PackagePlan& plan,
                     const std::set<std::size_t>& finished, SegmentSink& sink, const ProgressFn& progress,
                     const std::atomic<bool>& cancel);

/// A JPEG of a telling frame (not black, about a tenth into the film), at most 1280 wide. At `at_us` if not negative.
Result<Bytes> make_poster(const std::filesystem::path& file, const MediaInfo& info, std::int64_t at_us = -1);

/// The same from a picture of one's own (JPEG, PNG, WebP), turned as its EXIF says; nothing else of the file survives,
/// no place and no camera. BadRequest ("poster_unreadable").
Result<Bytes> make_poster_of_picture(const std::filesystem::path& picture);

}  // namespace swarma::content::media
