#include "content/media/track_writer.h"

#include <fmt/core.h>

#include <algorithm>

namespace swarma::content::media {

TrackWriter::TrackWriter(PackageRun& run, std::size_t track, const AVCodecParameters& parameters, AVRational time_base)
    : run_(run), track_(track), time_base_(time_base), muxer_(parameters, time_base) {}

// Decode times must rise and never pass presentation; sources break both.
void TrackWriter::repair_times(AVPacket& packet) {
  if (packet.dts == AV_NOPTS_VALUE) packet.dts = packet.pts;
  if (packet.dts > packet.pts) packet.dts = packet.pts;
  if (last_dts_ != AV_NOPTS_VALUE && packet.dts <= last_dts_) packet.dts = last_dts_ + 1;
  packet.pts = std::max(packet.pts, packet.dts);
  last_dts_ = packet.dts;
}

Result<void> TrackWriter::write(ff::Packet packet, Slot slot) {
  repair_times(*packet);
  if (!pending_) {
    if (slot != 0) return fail(ErrorCode::Internal, "slot_skipped", "A track does not begin with slot 0.");
    segment_start_ = std::max<std::int64_t>(packet->pts, 0);
  } else {
    previous_duration_ = packet->dts - pending_->dts;
    SWARMA_RETURN_IF_ERROR(write_pending(previous_duration_));
    if (slot == slot_ + 1)
      SWARMA_RETURN_IF_ERROR(finish_segment(packet->pts));
    else if (slot != slot_)
      return fail(ErrorCode::Internal, "slot_skipped", fmt::format("Slot {} of a track follows slot {}.", slot, slot_));
  }
  slot_ = slot;
  end_ = std::max(end_, packet->pts + packet->duration);
  pending_ = std::move(packet);
  return {};
}

Result<void> TrackWriter::write_pending(std::int64_t duration) {
  bool first = codecs_.empty();
  std::int64_t done = pending_->pts;
  pending_->duration = duration;
  SWARMA_RETURN_IF_ERROR(muxer_.write(*pending_));
  run_.set_done(track_, av_rescale_q(done, time_base_, ff::kMicro));
  if (!first) return {};
  SWARMA_TRY(const Bytes init, muxer_.init());
  codecs_ = codecs_of_init(init);
  if (codecs_.empty()) return fail(ErrorCode::Internal, "no_codecs", "The init segment names no codec that we write.");
  return run_.sink.on_init(track_, init);
}

Result<void> TrackWriter::finish_segment(std::int64_t next_start) {
  double seconds = static_cast<double>(next_start - segment_start_) * av_q2d(time_base_);
  SWARMA_TRY(Bytes segment, muxer_.flush());
  muxer_.use_buffer(run_.sink.take_buffer(segment.size()));
  SWARMA_RETURN_IF_ERROR(run_.sink.on_segment(track_, slot_, seconds, std::move(segment)));
  segment_start_ = next_start;
  return {};
}

Result<void> TrackWriter::end(double frame_rate, std::int64_t end, std::string note) {
  if (!pending_ || slot_ + 1 != run_.plan.slots())
    return fail(ErrorCode::Unsupported, "file_truncated",
                fmt::format("A stream ends in part {} of {}: the file is damaged or was changed while it was read.",
                            pending_ ? slot_ + 1 : 0, run_.plan.slots()));
  if (pending_->duration <= 0) pending_->duration = end > end_ ? end - end_ : previous_duration_;
  end_ = std::max({end_, end, pending_->pts + pending_->duration});
  SWARMA_RETURN_IF_ERROR(write_pending(pending_->duration));
  SWARMA_RETURN_IF_ERROR(finish_segment(end_));
  run_.set_done(track_, run_.plan.cuts_us.back());
  return run_.sink.on_track_end(track_, {codecs_, frame_rate, std::move(note)});
}

}  // namespace swarma::content::media
