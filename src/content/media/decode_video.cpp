#include "content/media/decode_video.h"

#include <fmt/core.h>

#include <algorithm>

#include "content/media/copy_tracks.h"

namespace swarma::content::media {
namespace {

constexpr std::int64_t kToleratedShortfall = 4'000'000;  // µs: a slot

std::unexpected<Error> filter_failed(int code) {
  return ff::failed(code, ErrorCode::Unsupported, "cannot_filter", "prepare the pictures for encoding");
}

// Pictures upright and progressive, then a cascade of sizes: [o0], [o1], …
std::string graph_text(const VideoStream& video, const std::vector<DecodeVideo::Output>& outputs) {
  std::string text = "[in]";
  if (video.interlaced) text += "bwdif=mode=send_frame:deint=interlaced,";
  if (video.rotation == 90) text += "transpose=clock,";
  if (video.rotation == 180) text += "hflip,vflip,";
  if (video.rotation == 270) text += "transpose=cclock,";
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    text += fmt::format("scale={}:{}:flags=bicubic,format=yuv420p,setsar={}/{}", outputs[i].width, outputs[i].height,
                        video.sar_num, video.sar_den);
    text += i + 1 < outputs.size() ? fmt::format(",split[o{}][c{}];[c{}]", i, i, i) : fmt::format("[o{}]", i);
  }
  return text;
}

}  // namespace

DecodeVideo::DecodeVideo(Job& job, const AVStream& stream, std::vector<Output> outputs)
    : job_(job),
      stream_(stream),
      outputs_(std::move(outputs)),
      offset_(film_offset(job.info, stream.time_base)),
      clock_(job.plan, stream.time_base) {}

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
    if (pts == AV_NOPTS_VALUE)
      pts = last_source_pts_ == AV_NOPTS_VALUE ? offset_ : last_source_pts_ + std::max<std::int64_t>(1, last_duration_);
    if (last_source_pts_ != AV_NOPTS_VALUE && pts <= last_source_pts_) continue;  // two pictures for one moment
    last_source_pts_ = pts;
    last_duration_ = frame->pkt_duration;
    frame->pts = pts;
    SWARMA_CHECK(filter(frame.get()));
  }
}

Result<void> DecodeVideo::build_graph(const AVFrame& frame) {
  width_ = frame.width, height_ = frame.height, format_ = frame.format;
  graph_.reset(avfilter_graph_alloc());
  if (!graph_) std::abort();
  graph_->nb_threads = 1;
  AVRational sar = ff::sane_ratio(frame.sample_aspect_ratio);
  std::string arguments = fmt::format("video_size={}x{}:pix_fmt={}:time_base={}/{}:pixel_aspect={}/{}", width_, height_,
                                      format_, stream_.time_base.num, stream_.time_base.den, sar.num, sar.den);
  AVFilterInOut *inputs = nullptr, *outputs = nullptr;
  int e = avfilter_graph_create_filter(&source_, avfilter_get_by_name("buffer"), "in", arguments.c_str(), nullptr,
                                       graph_.get());
  if (e >= 0) e = avfilter_graph_parse2(graph_.get(), graph_text(job_.info.video, outputs_).c_str(), &inputs, &outputs);
  if (e >= 0) e = avfilter_link(source_, 0, inputs->filter_ctx, static_cast<unsigned>(inputs->pad_idx));
  sinks_.assign(outputs_.size(), nullptr);
  for (AVFilterInOut* out = outputs; e >= 0 && out; out = out->next) {
    std::size_t index = static_cast<std::size_t>(std::atoi(out->name + 1));
    e = avfilter_graph_create_filter(&sinks_[index], avfilter_get_by_name("buffersink"), out->name, nullptr, nullptr,
                                     graph_.get());
    if (e >= 0) e = avfilter_link(out->filter_ctx, static_cast<unsigned>(out->pad_idx), sinks_[index], 0);
  }
  avfilter_inout_free(&inputs);
  avfilter_inout_free(&outputs);
  if (e >= 0) e = avfilter_graph_config(graph_.get(), nullptr);
  return e < 0 ? Result<void>(filter_failed(e)) : Result<void>();
}

Result<void> DecodeVideo::filter(AVFrame* frame) {
  if (!graph_ || frame->width != width_ || frame->height != height_ || frame->format != format_) {
    if (graph_) {
      if (int e = av_buffersrc_add_frame(source_, nullptr); e < 0) return filter_failed(e);
      SWARMA_CHECK(drain_graph());
    }
    SWARMA_CHECK(build_graph(*frame));
  }
  if (int e = av_buffersrc_add_frame(source_, frame); e < 0) return filter_failed(e);
  return drain_graph();
}

Result<void> DecodeVideo::drain_graph() {
  for (;;) {
    std::vector<ff::Frame> frames;
    for (AVFilterContext* sink : sinks_) {
      ff::Frame frame = ff::new_frame();
      int e = av_buffersink_get_frame(sink, frame.get());
      if (e == AVERROR(EAGAIN) || e == AVERROR_EOF) {
        if (frames.empty()) return {};
        return fail(ErrorCode::Internal, "cannot_filter", "A filter kept back a picture.");
      }
      if (e < 0) return filter_failed(e);
      frame->pts = av_rescale_q(frame->pts, av_buffersink_get_time_base(sink), stream_.time_base) - offset_;
      frames.push_back(std::move(frame));
    }
    SWARMA_CHECK(emit(std::move(frames)));
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
    SWARMA_CHECK(send(true));
  }
  if (slot_ < clock_.last() && clock_.reached(slot_ + 1, pts) && !last_.empty()) {
    ++slot_;
    cut = true;
  }
  last_ = std::move(frames);
  return send(cut);
}

Result<void> DecodeVideo::send(bool cut) {
  for (std::size_t i = 0; i < outputs_.size(); ++i) SWARMA_CHECK(outputs_[i].take(*last_[i], cut, slot_));
  return {};
}

Result<void> DecodeVideo::end() {
  if (int e = avcodec_send_packet(codec_.get(), nullptr); e < 0 && e != AVERROR_EOF)
    return ff::failed(e, ErrorCode::Unsupported, "cannot_decode", "decode the end of the video");
  SWARMA_CHECK(receive());
  if (graph_) {
    if (int e = av_buffersrc_add_frame(source_, nullptr); e < 0) return filter_failed(e);
    SWARMA_CHECK(drain_graph());
  }
  if (last_.empty())
    return fail(ErrorCode::Unsupported, "cannot_decode", "Not one picture of the film could be decoded.");
  std::int64_t end = av_rescale_q(last_.front()->pts, stream_.time_base, ff::kMicro);
  if (job_.info.video_end_us - end > kToleratedShortfall)
    return fail(
        ErrorCode::Unsupported, "file_truncated",
        fmt::format("The pictures end at {} s of {} s: the file is cut off or damaged. Copy or download it again.",
                    end / 1'000'000, job_.info.video_end_us / 1'000'000));
  while (slot_ < clock_.last()) {
    ++slot_;
    for (ff::Frame& frame : last_) frame->pts = std::max(frame->pts + 1, clock_.start_of(slot_));
    SWARMA_CHECK(send(true));
  }
  return {};
}

}  // namespace swarma::content::media
