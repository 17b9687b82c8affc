// Where finished segments go. The consumer implements it.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "base/ids.h"

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

}  // namespace swarma::content::media
