#include "content/media/picture_graph.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "content/media/colours.h"

namespace swarma::content::media {
namespace {

std::unexpected<Error> filter_failed(int code) {
  return ff::failed(code, ErrorCode::Unsupported, "cannot_filter", "prepare the pictures for encoding");
}

std::string make_progressive(const VideoStream& video) {
  if (!video.interlaced) return "";
  switch (video.field_order) {
    case FieldOrder::TopFirst:
      return "bwdif=mode=send_frame:parity=tff:deint=all,";
    case FieldOrder::BottomFirst:
      return "bwdif=mode=send_frame:parity=bff:deint=all,";
    default:
      return "bwdif=mode=send_frame:deint=interlaced,";
  }
}

constexpr double kSameShape = 0.02;

PictureSize fitted(const PictureSize& size, double wider) {
  const auto even = [](double side) { return std::max(2, static_cast<int>(std::lround(side / 2)) * 2); };
  if (std::abs(wider - 1) <= kSameShape) return size;
  if (wider > 1) return {size.width, even(size.height / wider)};
  return {even(size.width * wider), size.height};
}

}  // namespace

Result<PictureGraph> PictureGraph::create(const AVFrame& like, AVRational time_base, const std::string& filters,
                                          std::size_t outputs_wanted) {
  PictureGraph made;
  made.time_base_ = time_base;
  made.like_ = ff::new_frame();
  made.like_->width = like.width, made.like_->height = like.height, made.like_->format = like.format;
  av_frame_copy_props(made.like_.get(), &like);
  made.graph_.reset(avfilter_graph_alloc());
  if (!made.graph_) std::abort();
  made.graph_->nb_threads = 1;
  AVRational sar = ff::sane_ratio(like.sample_aspect_ratio);
  std::string arguments = fmt::format("video_size={}x{}:pix_fmt={}:time_base={}/{}:pixel_aspect={}/{}", like.width,
                                      like.height, like.format, time_base.num, time_base.den, sar.num, sar.den);
  AVFilterInOut *inputs = nullptr, *outputs = nullptr;
  int e = avfilter_graph_create_filter(&made.source_, avfilter_get_by_name("buffer"), "in", arguments.c_str(), nullptr,
                                       made.graph_.get());
  if (e >= 0) e = avfilter_graph_parse2(made.graph_.get(), filters.c_str(), &inputs, &outputs);
  if (e >= 0) e = avfilter_link(made.source_, 0, inputs->filter_ctx, static_cast<unsigned>(inputs->pad_idx));
  made.sinks_.assign(outputs_wanted, nullptr);
  for (AVFilterInOut* out = outputs; e >= 0 && out; out = out->next) {
    std::size_t index = static_cast<std::size_t>(std::atoi(out->name + 1));
    e = avfilter_graph_create_filter(&made.sinks_[index], avfilter_get_by_name("buffersink"), out->name, nullptr,
                                     nullptr, made.graph_.get());
    if (e >= 0) e = avfilter_link(out->filter_ctx, static_cast<unsigned>(out->pad_idx), made.sinks_[index], 0);
  }
  avfilter_inout_free(&inputs);
  avfilter_inout_free(&outputs);
  if (e >= 0) e = avfilter_graph_config(made.graph_.get(), nullptr);
  if (e < 0) return filter_failed(e);
  return made;
}

bool PictureGraph::fits(const AVFrame& frame) const {
  return frame.width == like_->width && frame.height == like_->height && frame.format == like_->format &&
         av_cmp_q(ff::sane_ratio(frame.sample_aspect_ratio), ff::sane_ratio(like_->sample_aspect_ratio)) == 0 &&
         colours_of(frame) == colours_of(*like_);
}

Result<void> PictureGraph::push(AVFrame* frame) {
  if (int e = av_buffersrc_add_frame(source_, frame); e < 0) return filter_failed(e);
  return {};
}

Result<std::vector<ff::Frame>> PictureGraph::pull() {
  std::vector<ff::Frame> frames;
  for (AVFilterContext* sink : sinks_) {
    ff::Frame frame = ff::new_frame();
    int e = av_buffersink_get_frame(sink, frame.get());
    if (e == AVERROR(EAGAIN) || e == AVERROR_EOF) {
      if (frames.empty()) return frames;
      return fail(ErrorCode::Internal, "filter_failed", "A filter kept back a picture.");
    }
    if (e < 0) return filter_failed(e);
    frame->pts = av_rescale_q(frame->pts, av_buffersink_get_time_base(sink), time_base_);
    frames.push_back(std::move(frame));
  }
  return frames;
}

std::string make_upright(const Orientation& orientation) {
  std::string text = orientation.mirrored ? "hflip," : "";
  if (orientation.rotation == 90) text += "transpose=clock,";
  if (orientation.rotation == 180) text += "hflip,vflip,";
  if (orientation.rotation == 270) text += "transpose=cclock,";
  return text;
}

std::string rendition_filters(const VideoStream& video, const AVFrame& like, const std::vector<PictureSize>& sizes,
                              double wider) {
  const Colours from = colours_of(like), to = rendition_colours(from);
  std::string text = "[in]" + make_progressive(video) + make_upright(video.orientation) + mark_colours(from);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const auto [width, height] = sizes[i];
    const PictureSize inner = i == 0 ? fitted(sizes[i], wider) : sizes[i];
    text += i == 0 ? convert_colours(from, to, inner.width, inner.height)
                   : fmt::format("scale={}:{}:flags=bicubic:in_range={}:out_range={},format=yuv420p,", width, height,
                                 static_cast<int>(to.range), static_cast<int>(to.range));
    if (inner.width != width || inner.height != height)
      text += fmt::format("pad={}:{}:(ow-iw)/2:(oh-ih)/2,", width, height);
    text += fmt::format("setsar={}/{}", video.sar_num, video.sar_den);
    text += i + 1 < sizes.size() ? fmt::format(",split[o{}][c{}];[c{}]", i, i, i) : fmt::format("[o{}]", i);
  }
  return text;
}

}  // namespace swarma::content::media
