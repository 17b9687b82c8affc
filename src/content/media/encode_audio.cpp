#include "content/media/encode_audio.h"

#include <fmt/core.h>

#include <algorithm>

#include "content/media/copy_tracks.h"

namespace swarma::content::media {
namespace {

constexpr int kDefaultRate = 48'000;
constexpr int kKeptRates[] = {32'000, 44'100, 48'000};

int output_rate(int source) {
  return std::find(std::begin(kKeptRates), std::end(kKeptRates), source) != std::end(kKeptRates) ? source
                                                                                                 : kDefaultRate;
}

const char* layout_name(int channels) {
  return channels == 1 ? "mono" : channels == 2 ? "stereo" : "5.1";
}

std::unexpected<Error> failed(int code, const TrackPlan& plan) {
  return ff::failed(code, ErrorCode::Unsupported, "cannot_encode", fmt::format("encode the sound “{}”", plan.name));
}

}  // namespace

EncodeAudio::EncodeAudio(Job& job, std::size_t track, const AVStream& stream)
    : job_(job),
      track_(track),
      plan_(job.plan.tracks[track]),
      stream_(stream),
      offset_(film_offset(job.info, stream.time_base)) {}

Result<void> EncodeAudio::take(ff::Packet packet) {
  if (!decoder_) {
    SWARMA_TRY(decoder_, ff::open_decoder(stream_, 1));
  }
  int e = avcodec_send_packet(decoder_.get(), packet.get());
  if (e < 0 && e != AVERROR_INVALIDDATA && e != AVERROR_EOF) return failed(e, plan_);
  return receive_frames();
}

Result<void> EncodeAudio::receive_frames() {
  ff::Frame frame = ff::new_frame();
  for (;;) {
    int e = avcodec_receive_frame(decoder_.get(), frame.get());
    if (e == AVERROR(EAGAIN) || e == AVERROR_EOF) return {};
    if (e == AVERROR_INVALIDDATA) continue;  // the gap is filled below
    if (e < 0) return failed(e, plan_);
    std::int64_t pts = frame->best_effort_timestamp;
    frame->pts = pts == AV_NOPTS_VALUE ? next_pts_ : pts - offset_;
    next_pts_ =
        frame->pts + av_rescale_q(frame->nb_samples, AVRational{1, std::max(1, frame->sample_rate)}, stream_.time_base);
    SWARMA_CHECK(filter(frame.get()));
  }
}

// aresample's async mode fills what is missing and cuts what overlaps, from film time zero on; apad lengthens to the
// end of the picture. Its times are those of the film.
Result<void> EncodeAudio::build(const AVFrame& frame) {
  built_rate_ = frame.sample_rate, built_format_ = frame.format, built_channels_ = frame.ch_layout.nb_channels;
  if (!encoder_) SWARMA_CHECK(open_encoder());
  graph_.reset(avfilter_graph_alloc());
  if (!graph_) std::abort();
  graph_->nb_threads = 1;
  AVChannelLayout layout = {};
  if (frame.ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
    av_channel_layout_default(&layout, frame.ch_layout.nb_channels);
  else
    av_channel_layout_copy(&layout, &frame.ch_layout);
  char name[128] = {};
  av_channel_layout_describe(&layout, name, sizeof name);
  av_channel_layout_uninit(&layout);
  int rate = encoder_->sample_rate;
  std::string in = fmt::format("time_base={}/{}:sample_rate={}:sample_fmt={}:channel_layout={}", stream_.time_base.num,
                               stream_.time_base.den, frame.sample_rate,
                               av_get_sample_fmt_name(static_cast<AVSampleFormat>(frame.format)), name);
  std::string resample = fmt::format("async=1:first_pts={}:out_sample_rate={}:out_chlayout={}:out_sample_fmt=fltp",
                                     next_sample_, rate, layout_name(plan_.channels));
  std::string pad = fmt::format(
      "whole_len={}", std::max<std::int64_t>(1, av_rescale(job_.info.video_end_us, rate, 1'000'000) - next_sample_));
  AVFilterContext *resampler = nullptr, *padder = nullptr;
  auto make = [&](AVFilterContext** context, const char* filter, const char* label, const char* arguments) {
    return avfilter_graph_create_filter(context, avfilter_get_by_name(filter), label, arguments, nullptr, graph_.get());
  };
  int e = make(&source_, "abuffer", "in", in.c_str());
  if (e >= 0) e = make(&resampler, "aresample", "resample", resample.c_str());
  if (e >= 0) e = make(&padder, "apad", "pad", pad.c_str());
  if (e >= 0) e = make(&sink_, "abuffersink", "out", nullptr);
  if (e >= 0) e = avfilter_link(source_, 0, resampler, 0);
  if (e >= 0) e = avfilter_link(resampler, 0, padder, 0);
  if (e >= 0) e = avfilter_link(padder, 0, sink_, 0);
  if (e >= 0) e = avfilter_graph_config(graph_.get(), nullptr);
  if (e < 0) return failed(e, plan_);
  av_buffersink_set_frame_size(sink_, static_cast<unsigned>(encoder_->frame_size));
  return {};
}

Result<void> EncodeAudio::open_encoder() {
  const AVCodec* codec = avcodec_find_encoder(AV_CODEC_ID_AAC);
  if (!codec) return fail(ErrorCode::Unavailable, "no_encoder", "This machine's FFmpeg has no AAC encoder.");
  encoder_.reset(avcodec_alloc_context3(codec));
  encoder_->sample_fmt = AV_SAMPLE_FMT_FLTP;
  encoder_->sample_rate = output_rate(stream_.codecpar->sample_rate);
  encoder_->time_base = {1, encoder_->sample_rate};
  encoder_->bit_rate = plan_.audio_bit_rate;
  encoder_->thread_count = 1;
  encoder_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  av_channel_layout_from_string(&encoder_->ch_layout, layout_name(plan_.channels));
  if (int e = avcodec_open2(encoder_.get(), codec, nullptr); e < 0) return failed(e, plan_);
  ff::Parameters parameters(avcodec_parameters_alloc());
  avcodec_parameters_from_context(parameters.get(), encoder_.get());
  writer_ = std::make_unique<TrackWriter>(job_, track_, *parameters, encoder_->time_base);
  clock_ = std::make_unique<SlotClock>(job_.plan, encoder_->time_base);
  return {};
}

Result<void> EncodeAudio::filter(AVFrame* frame) {
  if (!graph_ || frame->sample_rate != built_rate_ || frame->format != built_format_ ||
      frame->ch_layout.nb_channels != built_channels_)
    SWARMA_CHECK(build(*frame));
  if (int e = av_buffersrc_add_frame(source_, frame); e < 0) return failed(e, plan_);
  return encode_filtered();
}

Result<void> EncodeAudio::encode_filtered() {
  for (;;) {
    ff::Frame frame = ff::new_frame();
    int e = av_buffersink_get_frame(sink_, frame.get());
    if (e == AVERROR(EAGAIN) || e == AVERROR_EOF) return {};
    if (e < 0) return failed(e, plan_);
    frame->pts = next_sample_;
    next_sample_ += frame->nb_samples;
    if (e = avcodec_send_frame(encoder_.get(), frame.get()); e < 0) return failed(e, plan_);
    SWARMA_CHECK(receive_packets());
  }
}

Result<void> EncodeAudio::receive_packets() {
  for (;;) {
    ff::Packet packet = ff::new_packet();
    int e = avcodec_receive_packet(encoder_.get(), packet.get());
    if (e == AVERROR(EAGAIN) || e == AVERROR_EOF) return {};
    if (e < 0) return failed(e, plan_);
    if (slot_ < clock_->last() && packet->pts + encoder_->frame_size / 2 >= clock_->start_of(slot_ + 1)) ++slot_;
    SWARMA_CHECK(writer_->write(std::move(packet), slot_));
  }
}

Result<void> EncodeAudio::end() {
  if (decoder_) {
    if (int e = avcodec_send_packet(decoder_.get(), nullptr); e < 0 && e != AVERROR_EOF) return failed(e, plan_);
    SWARMA_CHECK(receive_frames());
  }
  if (!graph_)
    return fail(ErrorCode::Unsupported, "cannot_decode",
                fmt::format("Nothing of the sound “{}” could be decoded.", plan_.name));
  if (int e = av_buffersrc_add_frame(source_, nullptr); e < 0) return failed(e, plan_);
  SWARMA_CHECK(encode_filtered());
  if (int e = avcodec_send_frame(encoder_.get(), nullptr); e < 0) return failed(e, plan_);
  SWARMA_CHECK(receive_packets());
  return writer_->end(0);
}

}  // namespace swarma::content::media
