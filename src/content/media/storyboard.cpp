#include "content/media/storyboard.h"

#include "content/media/copy_tracks.h"

namespace swarma::content::media {
namespace {

constexpr int kTileQuality = 6;
constexpr std::int64_t kSameMomentUs = 2000;

}  // namespace

Result<void> Storyboard::add(const AVFrame& frame, const Orientation& orientation) {
  if (next_ == run_.plan.slots()) return {};
  const TrackPlan& plan = run_.plan.tracks[track_];
  SWARMA_TRY(Bytes jpeg, to_jpeg(frame, plan.width, plan.height, orientation, kTileQuality));
  double seconds = static_cast<double>(run_.plan.cuts_us[next_ + 1] - run_.plan.cuts_us[next_]) / 1e6;
  SWARMA_RETURN_IF_ERROR(run_.sink.on_segment(track_, next_, seconds, std::move(jpeg)));
  run_.set_done(track_, run_.plan.cuts_us[next_ + 1]);
  ++next_;
  return {};
}

Result<void> Storyboard::end() {
  if (next_ != run_.plan.slots()) return fail(ErrorCode::Internal, "slot_skipped", "The storyboard lacks tiles.");
  return run_.sink.on_track_end(track_, {});
}

KeyframeStoryboard::KeyframeStoryboard(PackageRun& run, std::size_t track, const AVStream& stream)
    : run_(run), stream_(stream), clock_(run.plan, stream.time_base), board_(run, track) {}

Result<void> KeyframeStoryboard::decode_candidate() {
  if (!open_) SWARMA_RETURN_IF_ERROR(decoder_.open(stream_));
  open_ = true;
  SWARMA_TRY(ff::Frame picture, decoder_.decode(*candidate_));
  candidate_.reset();
  if (picture) picture_ = std::move(picture);
  return {};
}

Result<void> KeyframeStoryboard::take(ff::Packet packet) {
  const std::int64_t time = packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts;  // AVI has only the latter
  if (time == AV_NOPTS_VALUE) return {};
  std::int64_t pts = time - film_offset(run_.info, stream_.time_base);
  // Slots that begin clearly before this keyframe get the one before it.
  std::int64_t slack = av_rescale_q(kSameMomentUs, ff::kMicro, stream_.time_base);
  while ((candidate_ || picture_) && board_.next() <= clock_.last() && clock_.start_of(board_.next()) + slack < pts) {
    if (candidate_) SWARMA_RETURN_IF_ERROR(decode_candidate());
    if (!picture_) break;
    SWARMA_RETURN_IF_ERROR(board_.add(*picture_, run_.info.video.orientation));
  }
  candidate_ = std::move(packet);
  return {};
}

Result<void> KeyframeStoryboard::end() {
  if (candidate_) SWARMA_RETURN_IF_ERROR(decode_candidate());
  if (!picture_) return fail(ErrorCode::Unsupported, "cannot_decode", "Not one keyframe of the film could be decoded.");
  while (board_.next() <= clock_.last()) SWARMA_RETURN_IF_ERROR(board_.add(*picture_, run_.info.video.orientation));
  return board_.end();
}

}  // namespace swarma::content::media
