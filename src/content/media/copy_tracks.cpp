#include "content/media/copy_tracks.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>

namespace swarma::content::media {
namespace {

constexpr std::int64_t kFrame = 1024;  // samples of an AAC-LC frame
constexpr double kFillStart = 0.1;     // seconds without sound that are worth filling: at the start,
constexpr double kFillGap = 0.5;       // and later (players bridge less by themselves)
constexpr double kJitter = 0.005;      // containers that count in milliseconds round every time

Result<ff::Packet> make_silence(const AVCodecParameters& like) {
  const AVCodec* codec = avcodec_find_encoder(AV_CODEC_ID_AAC);
  ff::Codec encoder(avcodec_alloc_context3(codec));
  if (!encoder) return fail(ErrorCode::Unavailable, "no_encoder", "This machine's FFmpeg has no AAC encoder.");
  encoder->sample_fmt = AV_SAMPLE_FMT_FLTP;
  encoder->sample_rate = like.sample_rate;
  encoder->bit_rate = 32'000 * like.ch_layout.nb_channels;
  encoder->thread_count = 1;
  av_channel_layout_default(&encoder->ch_layout, like.ch_layout.nb_channels);
  int e = avcodec_open2(encoder.get(), codec, nullptr);
  ff::Frame frame = ff::new_frame();
  frame->format = AV_SAMPLE_FMT_FLTP;
  frame->nb_samples = static_cast<int>(kFrame);
  frame->sample_rate = like.sample_rate;
  av_channel_layout_copy(&frame->ch_layout, &encoder->ch_layout);
  if (e >= 0) e = av_frame_get_buffer(frame.get(), 0);
  if (e >= 0)
    e = av_samples_set_silence(frame->extended_data, 0, frame->nb_samples, like.ch_layout.nb_channels,
                               AV_SAMPLE_FMT_FLTP);
  ff::Packet packet = ff::new_packet();
  // The third packet has only silence on both sides.
  for (int packets = 0; e >= 0 && packets < 3;) {
    frame->pts = frame->pts == AV_NOPTS_VALUE ? 0 : frame->pts + kFrame;
    e = avcodec_send_frame(encoder.get(), frame.get());
    while (e >= 0 && packets < 3 && avcodec_receive_packet(encoder.get(), packet.get()) >= 0) ++packets;
  }
  if (e < 0) return ff::failed(e, ErrorCode::Unsupported, "cannot_encode", "make silent AAC frames");
  return packet;
}

}  // namespace

std::int64_t film_offset(const MediaInfo& info, AVRational time_base) {
  return av_rescale_q(info.start_us, ff::kMicro, time_base);
}

CopyVideo::CopyVideo(PackageRun& run, std::size_t track, const AVStream& stream)
    : run_(run),
      clock_(run.plan, stream.time_base),
      offset_(film_offset(run.info, stream.time_base)),
      writer_(run, track, *stream.codecpar, stream.time_base) {}

Result<void> CopyVideo::take(ff::Packet packet) {
  if (packet->flags & AV_PKT_FLAG_CORRUPT) return {};
  if (packet->pts == AV_NOPTS_VALUE) packet->pts = packet->dts;
  packet->pts -= offset_;
  if (packet->dts != AV_NOPTS_VALUE) packet->dts -= offset_;
  bool key = (packet->flags & AV_PKT_FLAG_KEY) != 0;
  if (key && slot_ < clock_.last() && clock_.reached(slot_ + 1, packet->pts)) ++slot_;
  return writer_.write(std::move(packet), slot_);
}

Result<void> CopyVideo::end() {
  return writer_.end(run_.info.video.frame_rate, clock_.to_track(run_.info.video_end_us));
}

CopyAudio::CopyAudio(PackageRun& run, std::size_t track, const AVStream& stream)
    : run_(run),
      rate_(stream.codecpar->sample_rate),
      source_base_(stream.time_base),
      offset_(film_offset(run.info, stream.time_base)),
      parameters_(ff::copy_parameters(*stream.codecpar)),
      clock_(run.plan, AVRational{1, rate_}),
      writer_(run, track, *stream.codecpar, AVRational{1, rate_}) {}

Result<void> CopyAudio::write(ff::Packet packet, std::int64_t pts) {
  packet->pts = packet->dts = pts;
  packet->duration = kFrame;
  if (slot_ < clock_.last() && pts + kFrame / 2 >= clock_.start_of(slot_ + 1)) ++slot_;
  next_ = pts + kFrame;
  return writer_.write(std::move(packet), slot_);
}

// Whole silent frames from where the sound stands, as many as fit before `end`.
Result<void> CopyAudio::fill_until(std::int64_t end) {
  if (!silence_) {
    SWARMA_TRY(silence_, make_silence(*parameters_));
  }
  while (next_ + kFrame <= end && !run_.stopped()) {
    filled_ += kFrame;
    SWARMA_RETURN_IF_ERROR(write(ff::share(*silence_), next_));
  }
  return {};
}

Result<void> CopyAudio::take(ff::Packet packet) {
  if (packet->flags & AV_PKT_FLAG_CORRUPT) return {};
  // Packets that an edit list hides: those in front prime the decoder and stay, others are cut out.
  if ((packet->flags & AV_PKT_FLAG_DISCARD) && next_ != AV_NOPTS_VALUE && next_ >= kFrame) return {};
  std::int64_t source = packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts;
  std::int64_t pts = next_ == AV_NOPTS_VALUE ? 0 : next_;
  if (source != AV_NOPTS_VALUE) pts = av_rescale_q(source - offset_, source_base_, AVRational{1, rate_});
  bool first = next_ == AV_NOPTS_VALUE;
  if (first) next_ = static_cast<double>(pts) > kFillStart * rate_ ? pts % kFrame : pts;
  if (static_cast<double>(pts - next_) > (first ? 0 : kFillGap * rate_)) SWARMA_RETURN_IF_ERROR(fill_until(pts));
  if (std::abs(static_cast<double>(pts - next_)) <= kJitter * rate_) pts = next_;
  return write(std::move(packet), std::max(pts, next_));
}

Result<void> CopyAudio::end() {
  std::int64_t end = av_rescale_q(run_.picture_end_us(), ff::kMicro, AVRational{1, rate_});
  if (next_ == AV_NOPTS_VALUE) next_ = 0;
  if (static_cast<double>(end - next_) > kFillGap * rate_) SWARMA_RETURN_IF_ERROR(fill_until(end));
  std::string note;
  if (filled_ > 0)
    note = fmt::format("The sound ({}) has gaps; {:.1f} s of silence fill them.",
                       parameters_->ch_layout.nb_channels > 2 ? "surround" : "stereo",
                       static_cast<double>(filled_) / rate_);
  return writer_.end(0, 0, std::move(note));
}

}  // namespace swarma::content::media
