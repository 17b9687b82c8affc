#include "content/media/field_sample.h"

#include <algorithm>

namespace swarma::content::media {
namespace {

constexpr int kPlaces = 6;  // evenly over the film, the first at its beginning
constexpr int kPicturesAtAPlace = 6;
constexpr int kPacketsAtAPlace = 400;  // of all streams, until the pictures are there
constexpr int kEnough = 10;            // one marked picture in so many makes the film interlaced

/// Codecs that know no interlaced pictures, or decoders that make separate pictures of fields.
bool is_always_progressive(AVCodecID codec) {
  switch (codec) {
    case AV_CODEC_ID_VP8:
    case AV_CODEC_ID_VP9:
    case AV_CODEC_ID_AV1:
    case AV_CODEC_ID_HEVC:
    case AV_CODEC_ID_THEORA:
    case AV_CODEC_ID_GIF:
    case AV_CODEC_ID_PNG:
      return true;
    default:
      return false;
  }
}

/// Codecs whose decoders mark each interlaced picture, so that an unmarked one is progressive.
bool marks_pictures(AVCodecID codec) {
  switch (codec) {
    case AV_CODEC_ID_H264:
    case AV_CODEC_ID_MPEG2VIDEO:
    case AV_CODEC_ID_MPEG4:
    case AV_CODEC_ID_VC1:
    case AV_CODEC_ID_WMV3:
    case AV_CODEC_ID_DVVIDEO:
      return true;
    default:
      return false;
  }
}

struct Sample {
  int pictures = 0, interlaced = 0;
};

void take_pictures(AVCodecContext& codec, int most, Sample& sample) {
  const ff::Frame frame = ff::new_frame();
  while (sample.pictures < most && avcodec_receive_frame(&codec, frame.get()) >= 0) {
    ++sample.pictures;
    sample.interlaced += frame->interlaced_frame != 0;
  }
}

Result<void> look_here(Demuxer& source, AVCodecContext& codec, int stream, Sample& sample) {
  const int most = sample.pictures + kPicturesAtAPlace;
  for (int packets = 0; packets < kPacketsAtAPlace && sample.pictures < most; ++packets) {
    SWARMA_TRY(const ff::Packet packet, source.next());
    if (!packet) break;
    if (packet->stream_index != stream) continue;
    if (avcodec_send_packet(&codec, packet.get()) >= 0) take_pictures(codec, most, sample);
  }
  if (avcodec_send_packet(&codec, nullptr) >= 0) take_pictures(codec, most, sample);
  avcodec_flush_buffers(&codec);
  return {};
}

Result<Sample> look_around(Demuxer& source, const MediaInfo& info, int stream) {
  for (unsigned i = 0; i < source.context()->nb_streams; ++i)
    source.stream(static_cast<int>(i))->discard = static_cast<int>(i) == stream ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
  SWARMA_TRY(const ff::Codec codec, ff::open_decoder(*source.stream(stream), 1));
  Sample sample;
  const AVRational base = source.stream(stream)->time_base;
  for (int place = 0; place < kPlaces; ++place) {
    if (place > 0) {
      const std::int64_t at = av_rescale_q(info.start_us + info.video_end_us * place / kPlaces, ff::kMicro, base);
      if (avformat_seek_file(source.context(), stream, INT64_MIN, at, INT64_MAX, 0) < 0) break;
    }
    SWARMA_RETURN_IF_ERROR(look_here(source, *codec, stream, sample));
  }
  return sample;
}

}  // namespace

Result<void> settle_interlacing(Demuxer& source, const MediaInfo& info, VideoStream& video) {
  if (video.stream_index >= static_cast<int>(source.context()->nb_streams)) return {};
  const AVCodecID codec = source.stream(video.stream_index)->codecpar->codec_id;
  if (is_always_progressive(codec)) return {};
  SWARMA_TRY(const Sample sample, look_around(source, info, video.stream_index));
  if (sample.interlaced * kEnough >= std::max(1, sample.pictures)) video.interlaced = true;
  if (sample.interlaced > 0 || marks_pictures(codec)) video.field_order = FieldOrder::AsMarked;
  return {};
}

}  // namespace swarma::content::media
