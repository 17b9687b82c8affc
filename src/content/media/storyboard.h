// The storyboard track: one small JPEG a slot. Internal: included by .cpp files of this folder only.
#pragma once

#include <optional>

#include "content/media/picture.h"
#include "content/media/stage.h"
#include "content/media/track_writer.h"

namespace swarma::content::media {

class Storyboard {
 public:
  Storyboard(PackageRun& run, std::size_t track) : run_(run), track_(track) {}
  /// The picture at the start of the next slot. `orientation`: still to be applied.
  Result<void> add(const AVFrame& frame, const Orientation& orientation);
  Result<void> end();
  Slot next() const { return next_; }

 private:
  PackageRun& run_;
  const std::size_t track_;
  Slot next_ = 0;
};

/// Storyboard without a decode of the film: decodes, for each slot, only the last keyframe at or before its start.
class KeyframeStoryboard {
 public:
  KeyframeStoryboard(PackageRun& run, std::size_t track, const AVStream& stream);
  /// Every keyframe packet of the stream, in order.
  Result<void> take(ff::Packet packet);
  Result<void> end();

 private:
  Result<void> decode_candidate();

  PackageRun& run_;
  const AVStream& stream_;
  SlotClock clock_;
  Storyboard board_;
  KeyframeDecoder decoder_;
  bool open_ = false;
  ff::Packet candidate_;
  ff::Frame picture_;  // the latest that could be decoded
};

}  // namespace swarma::content::media
