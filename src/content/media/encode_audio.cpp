#include "content/media/encode_audio.h"

#include <fmt/core.h>

#include <algorithm>

#include "content/media/copy_tracks.h"

namespace swarma::content::media {
namespace {

constexpr int kDefaultRate = 48'000;
constexpr double kGap = 0.1;           // seconds without sound that are filled; less is jitter of the container
constexpr double kGapAtJoint = 0.005;  // the same in joined recordings, where a joint must not shift what follows
constexpr int kMaxUsualChannels = 8;   // 7.1; the places of more are not guessed
constexpr int kKeptRates[] = {32'000, 44'100, 48'000};

int output_rate(int source) {
  return std::find(std::begin(kKeptRates), std::end(kKeptRates), source) != std::end(kKeptRates) ? source
                                                                                                 : kDefaultRate;
}

const char* layout_name(int channels) {
  return channels == 1 ? "mono" : channels == 2 ? "stereo" : "5.1";
}

/// 5.1.4 and 7.1.4 begin with the channels of 5.1 and 7.1, and so do most files that do not say what they hold.
std::string first_channels(int channels) {
  const int kept = channels >= 12 ? 8 : channels >= 6 ? 6 : channels >= 2 ? 2 : 1;
  std::string text = kept == 8 ? "7.1" : layout_name(kept);
  for (int i = 0; i < kept; ++i) text += fmt::format("|c{}=c{}", i, i);
  return text;
}

std::unexpected<Error> failed(int code, const TrackPlan& plan) {
  return ff::failed(code, ErrorCode::Unsupported, "cannot_encode", fmt::format("encode the sound “{}”", plan.name));
}

}  // namespace

EncodeAudio::EncodeAudio(PackageRun& run, std::size_t track, const AVStream& stream)
    : run_(run),
      track_(track),
      plan_(run.plan.tracks[track]),
      stream_(stream),
      offset_(film_offset(run.info, stream.time_base)) {}

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
    SWARMA_RETURN_IF_ERROR(filter(frame.get()));
  }
}

std::int64_t EncodeAudio::to_samples(std::int64_t pts, AVRational base) const {
  return av_rescale_q(pts, base, encoder_->time_base);
}

// aresample's async mode evens out what a clock drifts and cuts what overlaps. A gap ends the graph and is filled here,
// piece by piece: aresample would make all of the silence at once.
Result<void> EncodeAudio::build(const AVFrame& frame) {
  built_rate_ = frame.sample_rate, built_format_ = frame.format, built_channels_ = frame.ch_layout.nb_channels;
  AVChannelLayout layout = {};
  if (frame.ch_layout.order == AV_CHANNEL_ORDER_UNSPEC && frame.ch_layout.nb_channels <= kMaxUsualChannels)
    av_channel_layout_default(&layout, frame.ch_layout.nb_channels);
  else
    av_channel_layout_copy(&layout, &frame.ch_layout);
  char name[128] = {};
  av_channel_layout_describe(&layout, name, sizeof name);
  int e = layout.order == AV_CHANNEL_ORDER_UNSPEC ? AVERROR(EINVAL) : try_graph(frame, name, "");
  av_channel_layout_uninit(&layout);
  // Channels without a place, or places that cannot be mixed: the first ones are taken for a usual layout.
  const std::string count = fmt::format("{} channels", frame.ch_layout.nb_channels);
  if (e < 0) e = try_graph(frame, count, first_channels(frame.ch_layout.nb_channels));
  if (e < 0) return failed(e, plan_);
  return {};
}

int EncodeAudio::try_graph(const AVFrame& frame, const std::string& layout, const std::string& first_filter) {
  graph_.reset(avfilter_graph_alloc());
  if (!graph_) std::abort();
  graph_->nb_threads = 1;
  int rate = encoder_->sample_rate;
  std::string in = fmt::format("time_base={}/{}:sample_rate={}:sample_fmt={}:channel_layout={}", stream_.time_base.num,
                               stream_.time_base.den, frame.sample_rate,
                               av_get_sample_fmt_name(static_cast<AVSampleFormat>(frame.format)), layout);
  std::string resample = fmt::format("async=1:first_pts={}:out_sample_rate={}:out_chlayout={}:out_sample_fmt=fltp",
                                     position(), rate, layout_name(plan_.channels));
  AVFilterContext *chooser = nullptr, *resampler = nullptr;
  auto make = [&](AVFilterContext** context, const char* filter, const char* label, const char* arguments) {
    return avfilter_graph_create_filter(context, avfilter_get_by_name(filter), label, arguments, nullptr, graph_.get());
  };
  int e = make(&source_, "abuffer", "in", in.c_str());
  if (e >= 0 && !first_filter.empty()) e = make(&chooser, "pan", "choose", first_filter.c_str());
  if (e >= 0) e = make(&resampler, "aresample", "resample", resample.c_str());
  if (e >= 0) e = make(&sink_, "abuffersink", "out", nullptr);
  if (e >= 0 && chooser) e = avfilter_link(source_, 0, chooser, 0);
  if (e >= 0) e = avfilter_link(chooser ? chooser : source_, 0, resampler, 0);
  if (e >= 0) e = avfilter_link(resampler, 0, sink_, 0);
  return e >= 0 ? avfilter_graph_config(graph_.get(), nullptr) : e;
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
  writer_ = std::make_unique<TrackWriter>(run_, track_, *parameters, encoder_->time_base);
  clock_ = std::make_unique<SlotClock>(run_.plan, encoder_->time_base);
  samples_.reset(av_audio_fifo_alloc(AV_SAMPLE_FMT_FLTP, plan_.channels, encoder_->frame_size));
  if (!samples_) std::abort();
  return {};
}

Result<void> EncodeAudio::filter(AVFrame* frame) {
  if (!encoder_) SWARMA_RETURN_IF_ERROR(open_encoder());
  const std::int64_t begin = to_samples(frame->pts, stream_.time_base);
  const double allowed = run_.info.timeline.empty() ? kGap : kGapAtJoint;
  const bool gap = static_cast<double>(begin - frame_end_) > allowed * encoder_->sample_rate;
  frame_end_ = begin + to_samples(frame->nb_samples, AVRational{1, std::max(1, frame->sample_rate)});
  if (!graph_ || gap || frame->sample_rate != built_rate_ || frame->format != built_format_ ||
      frame->ch_layout.nb_channels != built_channels_) {
    SWARMA_RETURN_IF_ERROR(close_graph());
    SWARMA_RETURN_IF_ERROR(fill_silence(begin));
    SWARMA_RETURN_IF_ERROR(build(*frame));
  }
  if (int e = av_buffersrc_add_frame(source_, frame); e < 0) return failed(e, plan_);
  return take_filtered();
}

// What the graph still holds comes out.
Result<void> EncodeAudio::close_graph() {
  if (!graph_) return {};
  if (int e = av_buffersrc_add_frame(source_, nullptr); e < 0) return failed(e, plan_);
  return take_filtered();
}

Result<void> EncodeAudio::take_filtered() {
  for (;;) {
    ff::Frame frame = ff::new_frame();
    int e = av_buffersink_get_frame(sink_, frame.get());
    if (e == AVERROR(EAGAIN) || e == AVERROR_EOF) return {};
    if (e < 0) return failed(e, plan_);
    if (av_audio_fifo_write(samples_.get(), reinterpret_cast<void**>(frame->extended_data), frame->nb_samples) < 0)
      std::abort();
    SWARMA_RETURN_IF_ERROR(encode(false));
  }
}

Result<void> EncodeAudio::fill_silence(std::int64_t until) {
  if (position() >= until) return {};
  ff::Frame silence = ff::new_frame();
  silence->format = AV_SAMPLE_FMT_FLTP;
  silence->nb_samples = encoder_->frame_size;
  av_channel_layout_copy(&silence->ch_layout, &encoder_->ch_layout);
  if (av_frame_get_buffer(silence.get(), 0) < 0) std::abort();
  av_samples_set_silence(silence->extended_data, 0, silence->nb_samples, plan_.channels, AV_SAMPLE_FMT_FLTP);
  while (position() < until && !run_.stopped()) {
    const auto count = static_cast<int>(std::min<std::int64_t>(until - position(), silence->nb_samples));
    if (av_audio_fifo_write(samples_.get(), reinterpret_cast<void**>(silence->extended_data), count) < 0) std::abort();
    SWARMA_RETURN_IF_ERROR(encode(false));
  }
  return {};
}

/// Whole frames, and at the end of the sound also the `rest`.
Result<void> EncodeAudio::encode(bool rest) {
  while (av_audio_fifo_size(samples_.get()) >= (rest ? 1 : encoder_->frame_size)) {
    ff::Frame frame = ff::new_frame();
    frame->format = AV_SAMPLE_FMT_FLTP;
    frame->sample_rate = encoder_->sample_rate;
    frame->nb_samples = std::min(encoder_->frame_size, av_audio_fifo_size(samples_.get()));
    av_channel_layout_copy(&frame->ch_layout, &encoder_->ch_layout);
    if (av_frame_get_buffer(frame.get(), 0) < 0) std::abort();
    av_audio_fifo_read(samples_.get(), reinterpret_cast<void**>(frame->extended_data), frame->nb_samples);
    frame->pts = next_sample_;
    next_sample_ += frame->nb_samples;
    if (int e = avcodec_send_frame(encoder_.get(), frame.get()); e < 0) return failed(e, plan_);
    SWARMA_RETURN_IF_ERROR(receive_packets());
  }
  return {};
}

Result<void> EncodeAudio::receive_packets() {
  for (;;) {
    ff::Packet packet = ff::new_packet();
    int e = avcodec_receive_packet(encoder_.get(), packet.get());
    if (e == AVERROR(EAGAIN) || e == AVERROR_EOF) return {};
    if (e < 0) return failed(e, plan_);
    if (slot_ < clock_->last() && packet->pts + encoder_->frame_size / 2 >= clock_->start_of(slot_ + 1)) ++slot_;
    SWARMA_RETURN_IF_ERROR(writer_->write(std::move(packet), slot_));
  }
}

Result<void> EncodeAudio::end() {
  if (decoder_) {
    if (int e = avcodec_send_packet(decoder_.get(), nullptr); e < 0 && e != AVERROR_EOF) return failed(e, plan_);
    SWARMA_RETURN_IF_ERROR(receive_frames());
  }
  if (!graph_)
    return fail(ErrorCode::Unsupported, "cannot_decode",
                fmt::format("Nothing of the sound “{}” could be decoded.", plan_.name));
  SWARMA_RETURN_IF_ERROR(close_graph());
  SWARMA_RETURN_IF_ERROR(fill_silence(av_rescale_q(run_.picture_end_us(), ff::kMicro, encoder_->time_base)));
  SWARMA_RETURN_IF_ERROR(encode(true));
  if (int e = avcodec_send_frame(encoder_.get(), nullptr); e < 0) return failed(e, plan_);
  SWARMA_RETURN_IF_ERROR(receive_packets());
  return writer_->end(0);
}

}  // namespace swarma::content::media
