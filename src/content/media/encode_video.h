// One H.264 rendition of the decoded pictures. Internal: included by .cpp files of this folder only.
#pragma once

#include <deque>

#include "content/media/track_writer.h"

namespace swarma::content::media {

/// A decoded picture on its way to an encoder, already at the right size.
struct Picture {
  ff::Frame frame;   // pts in film time, in the source stream's time base
  bool cut = false;  // begins a slot
};

class EncodeVideo {
 public:
  EncodeVideo(PackageRun& run, std::size_t track, AVRational time_base, int threads);
  Result<void> take(Picture picture);
  Result<void> end();

 private:
  Result<void> open(const AVFrame& first);
  Result<void> receive();

  PackageRun& run_;
  const std::size_t track_;
  const TrackPlan& plan_;
  const AVRational time_base_;
  const int threads_;
  ff::Codec codec_;
  std::unique_ptr<TrackWriter> writer_;
  std::deque<std::int64_t> cuts_;  // times of cut pictures that have not come out of the encoder yet
  Slot slot_ = 0;
  bool first_ = true;
};

}  // namespace swarma::content::media
