#include "content/media/decode_video.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "content/media/copy_tracks.h"

namespace swarma::content::media {
namespace {

constexpr std::int64_t kToleratedShortfall = 4'000'000;  // µs: a slot

double shape_of(const AVFrame& frame) {
  return frame.width * av_q2d(ff::sane_ratio(frame.sample_aspect_ratio)) / std::max(1, frame.height);
}

}  // namespace

DecodeVideo::DecodeVideo(PackageRun& run, const AVStream& stream, std::vector<Output> outputs)
    : run_(run),
      stream_(stream),
      outputs_(std::move(outputs)),
      offset_(film_offset(run.info, stream.time_base)),
      clock_(run.plan, stream.time_base) {}

Result<void> DecodeVideo::open(int threads) {
  SWARMA_TRY(codec_, ff::open_decoder(stream_, threads));
  return {};
}

Result<void> DecodeVideo::take(ff::Packet packet) {
  int e = avcodec_send_packet(codec_.get(), packet.get());
  if (e < 0 && e != AVERROR_INVALIDDATA && e != AVERROR_EOF)
    return ff::failed(e, ErrorCode::Unsupported, "cannot_decode", "decode the video");
  return receive();
}

Result<void> DecodeVideo::receive() {
  ff::Frame frame = ff::new_frame();
  for (;;) {
    int e = avcodec_receive_frame(codec_.get(), frame.get());
    if (e == AVERROR(EAGAIN) || e == AVERROR_EOF) return {};
    if (e == AVERROR_INVALIDDATA) continue;  // a damaged picture; the next may be whole
    if (e < 0) return ff::failed(e, ErrorCode::Unsupported, "cannot_decode", "decode the video");
    std::int64_t pts = frame->best_effort_timestamp;
    if (run_.info.video.decode_times_only && pts != AV_NOPTS_VALUE) pts -= reordering_delay();
    if (pts == AV_NOPTS_VALUE)
      pts = last_source_pts_ == AV_NOPTS_VALUE ? offset_ : last_source_pts_ + std::max<std::int64_t>(1, last_duration_);
    if (last_source_pts_ != AV_NOPTS_VALUE && pts <= last_source_pts_) continue;  // two pictures for one moment
    last_source_pts_ = pts;
    last_duration_ = frame->pkt_duration;
    frame->pts = pts;
    SWARMA_RETURN_IF_ERROR(filter(frame.get()));
  }
}

// Where a container only says when pictures are decoded, each is taken for as old as the packet that brought it out.
std::int64_t DecodeVideo::reordering_delay() const {
  const double rate = run_.info.video.frame_rate;
  return rate <= 0 ? 0 : std::llround(codec_->has_b_frames / rate / av_q2d(stream_.time_base));
}

Result<void> DecodeVideo::filter(AVFrame* frame) {
  if (!graph_ || !graph_->fits(*frame)) {
    if (graph_) {
      SWARMA_RETURN_IF_ERROR(graph_->push(nullptr));
      SWARMA_RETURN_IF_ERROR(drain_graph());
    }
    std::vector<PictureSize> sizes;
    for (const Output& output : outputs_) sizes.push_back({output.width, output.height});
    const double shape = shape_of(*frame);
    if (shape_ == 0) shape_ = shape;
    const double wider = run_.info.video.orientation.swaps_sides() ? shape_ / shape : shape / shape_;
    SWARMA_TRY(graph_, PictureGraph::create(*frame, stream_.time_base,
                                            rendition_filters(run_.info.video, *frame, sizes, wider), sizes.size()));
  }
  SWARMA_RETURN_IF_ERROR(graph_->push(frame));
  return drain_graph();
}

Result<void> DecodeVideo::drain_graph() {
  for (;;) {
    SWARMA_TRY(std::vector<ff::Frame> frames, graph_->pull());
    if (frames.empty()) return {};
    for (ff::Frame& frame : frames) frame->pts -= offset_;
    SWARMA_RETURN_IF_ERROR(emit(std::move(frames)));
  }
}

// Marks the first picture at or after each cut. A slot without a picture of its own gets the one before it again, at
// its start: what a viewer sees does not change.
Result<void> DecodeVideo::emit(std::vector<ff::Frame> frames) {
  std::int64_t pts = frames.front()->pts;
  bool cut = last_.empty();
  while (!last_.empty() && slot_ + 1 < clock_.last() && clock_.reached(slot_ + 2, pts)) {
    for (ff::Frame& frame : last_) frame->pts = clock_.start_of(slot_ + 1);
    ++slot_;
    SWARMA_RETURN_IF_ERROR(send(true));
  }
  if (slot_ < clock_.last() && clock_.reached(slot_ + 1, pts) && !last_.empty()) {
    ++slot_;
    cut = true;
  }
  last_ = std::move(frames);
  return send(cut);
}

Result<void> DecodeVideo::send(bool cut) {
  for (std::size_t i = 0; i < outputs_.size(); ++i) SWARMA_RETURN_IF_ERROR(outputs_[i].take(*last_[i], cut, slot_));
  return {};
}

Result<void> DecodeVideo::end() {
  if (int e = avcodec_send_packet(codec_.get(), nullptr); e < 0 && e != AVERROR_EOF)
    return ff::failed(e, ErrorCode::Unsupported, "cannot_decode", "decode the end of the video");
  SWARMA_RETURN_IF_ERROR(receive());
  if (graph_) {
    SWARMA_RETURN_IF_ERROR(graph_->push(nullptr));
    SWARMA_RETURN_IF_ERROR(drain_graph());
  }
  if (last_.empty())
    return fail(ErrorCode::Unsupported, "cannot_decode", "Not one picture of the film could be decoded.");
  std::int64_t end = av_rescale_q(last_.front()->pts, stream_.time_base, ff::kMicro);
  if (run_.info.last_picture_us - end > kToleratedShortfall)
    return fail(
        ErrorCode::Unsupported, "file_truncated",
        fmt::format("No picture after {} s of {} s can be decoded: the file is damaged. Copy or download it again.",
                    end / 1'000'000, run_.info.video_end_us / 1'000'000));
  while (slot_ < clock_.last()) {
    ++slot_;
    for (ff::Frame& frame : last_) frame->pts = std::max(frame->pts + 1, clock_.start_of(slot_));
    SWARMA_RETURN_IF_ERROR(send(true));
  }
  return {};
}

}  // namespace swarma::content::media
