// Tracks that keep the source's own packets. Internal: included by .cpp files of this folder only.
#pragma once

#include "content/media/track_writer.h"

namespace swarma::content::media {

/// Film time of a source stream's times.
std::int64_t film_offset(const MediaInfo& info, AVRational time_base);

class CopyVideo {
 public:
  CopyVideo(PackageRun& run, std::size_t track, const AVStream& stream);
  Result<void> take(ff::Packet packet);
  Result<void> end();

 private:
  PackageRun& run_;
  SlotClock clock_;
  std::int64_t offset_;
  TrackWriter writer_;
  Slot slot_ = 0;
};

/// AAC: cut at the frame nearest to each cut; silence of the same configuration where the source has no sound.
class CopyAudio {
 public:
  CopyAudio(PackageRun& run, std::size_t track, const AVStream& stream);
  Result<void> take(ff::Packet packet);
  Result<void> end();

 private:
  Result<void> write(ff::Packet packet, std::int64_t pts);
  Result<void> fill_until(std::int64_t end);

  PackageRun& run_;
  const int rate_;
  AVRational source_base_;
  std::int64_t offset_;
  ff::Parameters parameters_;
  SlotClock clock_;
  TrackWriter writer_;
  ff::Packet silence_;                  // made when needed
  std::int64_t next_ = AV_NOPTS_VALUE;  // where the previous frame ends, in samples of film time
  std::int64_t filled_ = 0;             // samples of silence put in
  Slot slot_ = 0;
};

}  // namespace swarma::content::media
