#include "content/media/picture.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "content/media/colours.h"
#include "content/media/picture_graph.h"

namespace swarma::content::media {
namespace {

/// Luma only, full range.
Result<ff::Frame> small_grey(const AVFrame& frame, int side) {
  ff::Frame out = ff::new_frame();
  out->format = AV_PIX_FMT_GRAY8, out->width = side, out->height = side;
  if (int e = av_frame_get_buffer(out.get(), 0); e < 0)
    return ff::failed(e, ErrorCode::Unsupported, "cannot_scale", "make room for a picture");
  ff::Scaler scaler(sws_getContext(frame.width, frame.height, static_cast<AVPixelFormat>(frame.format), side, side,
                                   AV_PIX_FMT_GRAY8, SWS_AREA, nullptr, nullptr, nullptr));
  if (!scaler) return fail(ErrorCode::Unsupported, "cannot_scale", "The picture's pixel format cannot be scaled.");
  sws_scale(scaler.get(), frame.data, frame.linesize, 0, frame.height, out->data, out->linesize);
  return out;
}

Result<ff::Frame> prepare(const AVFrame& frame, int width, int height, const Orientation& orientation) {
  const Colours from = colours_of(frame);
  // One picture alone does not tell what moves: of an interlaced one a single field is taken.
  const std::string progressive = frame.interlaced_frame ? "field=type=top," : "";
  const std::string filters = "[in]" + progressive + make_upright(orientation) + mark_colours(from) +
                              convert_colours(from, kJpegColours, width, height) +
                              "scale=in_range=full:out_range=full,format=yuvj420p,setsar=1[o0]";
  SWARMA_TRY(PictureGraph graph, PictureGraph::create(frame, AVRational{1, 25}, filters, 1));
  ff::Frame copy = ff::share(frame);
  copy->pts = 0;
  SWARMA_RETURN_IF_ERROR(graph.push(copy.get()));
  SWARMA_RETURN_IF_ERROR(graph.push(nullptr));
  SWARMA_TRY(std::vector<ff::Frame> pictures, graph.pull());
  if (pictures.empty()) return fail(ErrorCode::Internal, "filter_failed", "A filter kept back a picture.");
  return std::move(pictures.front());
}

}  // namespace

Result<Bytes> to_jpeg(const AVFrame& frame, int width, int height, const Orientation& orientation, int quality) {
  SWARMA_TRY(ff::Frame picture, prepare(frame, width, height, orientation));
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
  if (e < 0) return ff::failed(e, ErrorCode::Internal, "encoder_failed", "encode a JPEG");
  return Bytes(packet->data, packet->data + packet->size);
}

Brightness measure_brightness(const AVFrame& frame) {
  constexpr int kSide = 64;
  auto small = small_grey(frame, kSide);
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
