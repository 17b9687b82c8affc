// Packets of one track, each with its slot, become the segments of that track in the sink. Internal: included by .cpp
// files of this folder only.
#pragma once

#include "content/media/fragment_muxer.h"
#include "content/media/stage.h"

namespace swarma::content::media {

/// Where times fall on the plan's cuts.
class SlotClock {
 public:
  SlotClock(const PackagePlan& plan, AVRational time_base) : plan_(plan), time_base_(time_base) {}
  Slot last() const { return plan_.slots() - 1; }
  /// True if film time `pts` has reached the start of `slot`, within a millisecond.
  bool reached(Slot slot, std::int64_t pts) const {
    return av_rescale_q(pts, time_base_, ff::kMicro) >= plan_.cuts_us[slot] - 1000;
  }
  std::int64_t start_of(Slot slot) const { return to_track(plan_.cuts_us[slot]); }
  std::int64_t to_track(std::int64_t us) const { return av_rescale_q(us, ff::kMicro, time_base_); }

 private:
  const PackagePlan& plan_;
  AVRational time_base_;
};

class TrackWriter {
 public:
  TrackWriter(PackageRun& run, std::size_t track, const AVCodecParameters& parameters, AVRational time_base);

  /// Film times. Slots must begin at 0 and rise by one; each begins where a player can start.
  Result<void> write(ff::Packet packet, Slot slot);
  /// Every slot must have been there. `end`: film time where the last sample ends; 0: as the packets say.
  Result<void> end(double frame_rate, std::int64_t end = 0, std::string note = {});

 private:
  Result<void> write_pending(std::int64_t duration);
  Result<void> finish_segment(std::int64_t next_start);
  void repair_times(AVPacket& packet);

  PackageRun& run_;
  const std::size_t track_;
  const AVRational time_base_;
  FragmentMuxer muxer_;
  ff::Packet pending_;  // held until the next one tells how long it lasts
  Slot slot_ = 0;
  std::int64_t segment_start_ = 0;
  std::int64_t end_ = 0;  // latest end of a sample so far
  std::int64_t previous_duration_ = 1;
  std::int64_t last_dts_ = AV_NOPTS_VALUE;
  std::string codecs_;
};

}  // namespace swarma::content::media
