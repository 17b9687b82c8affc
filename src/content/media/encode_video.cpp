#include "content/media/encode_video.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace swarma::content::media {
namespace {

constexpr const char* kPreset = "veryfast";
constexpr double kBufferSeconds = 2.0;  // of the cap that may be spent at once
constexpr double kMaxKeyframeSeconds = 12.0;

}  // namespace

EncodeVideo::EncodeVideo(PackageRun& run, std::size_t track, AVRational time_base, int threads)
    : run_(run), track_(track), plan_(run.plan.tracks[track]), time_base_(time_base), threads_(threads) {}

Result<void> EncodeVideo::open(const AVFrame& first) {
  const AVCodec* encoder = avcodec_find_encoder_by_name("libx264");
  if (!encoder)
    return fail(ErrorCode::Unavailable, "no_encoder", "This machine's FFmpeg has no H.264 encoder (libx264).");
  codec_.reset(avcodec_alloc_context3(encoder));
  double rate = std::clamp(run_.info.video.frame_rate, 1.0, 240.0);
  codec_->width = first.width, codec_->height = first.height;
  codec_->pix_fmt = AV_PIX_FMT_YUV420P;
  codec_->sample_aspect_ratio = ff::sane_ratio(first.sample_aspect_ratio);
  codec_->time_base = time_base_;
  codec_->framerate = av_d2q(rate, 1'001'000);
  codec_->color_range = first.color_range == AVCOL_RANGE_JPEG ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
  codec_->color_primaries = first.color_primaries;
  codec_->color_trc = first.color_trc;
  codec_->colorspace = first.colorspace;
  codec_->chroma_sample_location = first.chroma_location;
  codec_->gop_size = static_cast<int>(std::lround(rate * kMaxKeyframeSeconds));
  codec_->rc_max_rate = plan_.max_bit_rate;
  codec_->rc_buffer_size = static_cast<int>(static_cast<double>(plan_.max_bit_rate) * kBufferSeconds);
  codec_->thread_count = threads_;
  codec_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_CLOSED_GOP;
  AVDictionary* options = nullptr;
  av_dict_set(&options, "preset", kPreset, 0);
  av_dict_set(&options, "profile", "high", 0);
  av_dict_set_int(&options, "crf", plan_.crf, 0);
  av_dict_set(&options, "forced-idr", "1", 0);
  int e = avcodec_open2(codec_.get(), encoder, &options);
  av_dict_free(&options);
  if (e < 0) return ff::failed(e, ErrorCode::Unsupported, "cannot_encode", fmt::format("encode {}", plan_.name));
  ff::Parameters parameters(avcodec_parameters_alloc());
  avcodec_parameters_from_context(parameters.get(), codec_.get());
  writer_ = std::make_unique<TrackWriter>(run_, track_, *parameters, time_base_);
  return {};
}

Result<void> EncodeVideo::take(Picture picture) {
  if (!codec_) SWARMA_RETURN_IF_ERROR(open(*picture.frame));
  // The decoder's choice of picture types is not ours, except that a slot begins with a keyframe.
  picture.frame->pict_type = picture.cut ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
  if (picture.cut) cuts_.push_back(picture.frame->pts);
  if (int e = avcodec_send_frame(codec_.get(), picture.frame.get()); e < 0)
    return ff::failed(e, ErrorCode::Internal, "encoder_failed", fmt::format("encode {}", plan_.name));
  return receive();
}

Result<void> EncodeVideo::receive() {
  for (;;) {
    ff::Packet packet = ff::new_packet();
    int e = avcodec_receive_packet(codec_.get(), packet.get());
    if (e == AVERROR(EAGAIN) || e == AVERROR_EOF) return {};
    if (e < 0) return ff::failed(e, ErrorCode::Internal, "encoder_failed", fmt::format("encode {}", plan_.name));
    if (!cuts_.empty() && packet->pts >= cuts_.front()) {
      if (packet->pts != cuts_.front() || !(packet->flags & AV_PKT_FLAG_KEY))
        return fail(ErrorCode::Internal, "no_keyframe", "The encoder did not make a keyframe where it was told to.");
      cuts_.pop_front();
      if (!first_) ++slot_;
      first_ = false;
    }
    SWARMA_RETURN_IF_ERROR(writer_->write(std::move(packet), slot_));
  }
}

Result<void> EncodeVideo::end() {
  if (!codec_) return fail(ErrorCode::Unsupported, "cannot_decode", "Not one picture of the film could be decoded.");
  if (int e = avcodec_send_frame(codec_.get(), nullptr); e < 0)
    return ff::failed(e, ErrorCode::Internal, "encoder_failed", fmt::format("finish {}", plan_.name));
  SWARMA_RETURN_IF_ERROR(receive());
  return writer_->end(run_.info.video.frame_rate, av_rescale_q(run_.picture_end_us(), ff::kMicro, time_base_));
}

}  // namespace swarma::content::media
