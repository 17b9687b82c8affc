#include "content/media/picture.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace swarma::content::media {
namespace {

Result<ff::Frame> scale(const AVFrame& frame, int width, int height) {
  ff::Frame out = ff::new_frame();
  out->format = AV_PIX_FMT_YUVJ420P, out->width = width, out->height = height;
  if (int e = av_frame_get_buffer(out.get(), 0); e < 0)
    return ff::failed(e, ErrorCode::Internal, "cannot_scale", "make room for a picture");
  ff::Scaler scaler(sws_getContext(frame.width, frame.height, static_cast<AVPixelFormat>(frame.format), width, height,
                                   AV_PIX_FMT_YUVJ420P, SWS_AREA, nullptr, nullptr, nullptr));
  if (!scaler) return fail(ErrorCode::Unsupported, "cannot_scale", "The picture's pixel format cannot be scaled.");
  // The JPEG is full range; the film usually is not.
  int *inverse = nullptr, *table = nullptr, from = 0, to = 0, brightness = 0, contrast = 0, saturation = 0;
  if (sws_getColorspaceDetails(scaler.get(), &inverse, &from, &table, &to, &brightness, &contrast, &saturation) >= 0)
    sws_setColorspaceDetails(scaler.get(), inverse, frame.color_range == AVCOL_RANGE_JPEG || from, table, 1, brightness,
                             contrast, saturation);
  sws_scale(scaler.get(), frame.data, frame.linesize, 0, frame.height, out->data, out->linesize);
  out->color_range = AVCOL_RANGE_JPEG;
  return out;
}

// Turns a planar 8-bit picture clockwise by quarter turns.
Result<ff::Frame> turn(const AVFrame& frame, int rotation) {
  ff::Frame out = ff::new_frame();
  bool swap = rotation % 180 != 0;
  out->format = frame.format, out->width = swap ? frame.height : frame.width,
  out->height = swap ? frame.width : frame.height;
  if (int e = av_frame_get_buffer(out.get(), 0); e < 0)
    return ff::failed(e, ErrorCode::Internal, "cannot_scale", "make room for a picture");
  for (int plane = 0; plane < 3; ++plane) {
    int w = plane ? (frame.width + 1) / 2 : frame.width, h = plane ? (frame.height + 1) / 2 : frame.height;
    for (int y = 0; y < h; ++y)
      for (int x = 0; x < w; ++x) {
        int to_x = rotation == 90 ? h - 1 - y : rotation == 180 ? w - 1 - x : y;
        int to_y = rotation == 90 ? x : rotation == 180 ? h - 1 - y : w - 1 - x;
        out->data[plane][to_y * out->linesize[plane] + to_x] = frame.data[plane][y * frame.linesize[plane] + x];
      }
  }
  out->color_range = frame.color_range;
  return out;
}

}  // namespace

Result<Bytes> to_jpeg(const AVFrame& frame, int width, int height, int rotation, int quality) {
  bool swap = rotation % 180 != 0;
  SWARMA_TRY(ff::Frame picture, scale(frame, swap ? height : width, swap ? width : height));
  if (rotation != 0) {
    SWARMA_TRY(picture, turn(*picture, rotation));
  }
  const AVCodec* encoder = avcodec_find_encoder(AV_CODEC_ID_MJPEG);
  ff::Codec codec(avcodec_alloc_context3(encoder));
  if (!codec) return fail(ErrorCode::Unavailable, "no_encoder", "This machine's FFmpeg has no JPEG encoder.");
  codec->width = width, codec->height = height;
  codec->pix_fmt = AV_PIX_FMT_YUVJ420P;
  codec->time_base = {1, 25};
  codec->thread_count = 1;
  codec->flags |= AV_CODEC_FLAG_QSCALE | AV_CODEC_FLAG_BITEXACT;
  codec->global_quality = quality * FF_QP2LAMBDA;
  picture->quality = codec->global_quality;
  picture->pts = 0;
  int e = avcodec_open2(codec.get(), encoder, nullptr);
  if (e >= 0) e = avcodec_send_frame(codec.get(), picture.get());
  ff::Packet packet = ff::new_packet();
  if (e >= 0) e = avcodec_receive_packet(codec.get(), packet.get());
  if (e < 0) return ff::failed(e, ErrorCode::Internal, "cannot_encode", "encode a JPEG");
  return Bytes(packet->data, packet->data + packet->size);
}

Brightness measure_brightness(const AVFrame& frame) {
  constexpr int kSide = 64;
  auto small = scale(frame, kSide, kSide);
  if (!small) return {};
  double sum = 0, squares = 0;
  for (int y = 0; y < kSide; ++y)
    for (int x = 0; x < kSide; ++x) {
      double v = (*small)->data[0][y * (*small)->linesize[0] + x];
      sum += v, squares += v * v;
    }
  double n = kSide * kSide, mean = sum / n;
  return {mean, std::sqrt(std::max(0.0, squares / n - mean * mean))};
}

Result<void> KeyframeDecoder::open(const AVStream& stream) {
  SWARMA_TRY(codec_, ff::open_decoder(stream, 1));
  codec_->skip_frame = AVDISCARD_NONKEY;
  return {};
}

Result<ff::Frame> KeyframeDecoder::decode(const AVPacket& packet) {
  ff::Frame frame = ff::new_frame();
  int e = avcodec_send_packet(codec_.get(), &packet);
  if (e >= 0) e = avcodec_send_packet(codec_.get(), nullptr);  // do not wait for pictures that would come between
  if (e >= 0) e = avcodec_receive_frame(codec_.get(), frame.get());
  avcodec_flush_buffers(codec_.get());
  if (e == AVERROR(ENOMEM)) std::abort();
  return e < 0 ? ff::Frame() : std::move(frame);
}

}  // namespace swarma::content::media
