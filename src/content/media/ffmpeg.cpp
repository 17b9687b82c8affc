#include "content/media/ffmpeg.h"

#include <fmt/core.h>

#include <cstdlib>
#include <mutex>
#include <vector>

#include "base/log.h"

namespace swarma::content::media::ff {
namespace {

constexpr std::size_t kMaxSparePackets = 64;

template <class T>
T* must(T* pointer) {
  if (!pointer) std::abort();
  return pointer;
}

/// Empty packets of this thread.
struct SparePackets {
  std::vector<AVPacket*> packets;
  ~SparePackets() {
    for (AVPacket* packet : packets) av_packet_free(&packet);
  }
};
thread_local SparePackets spare;

void on_log(void* context, int level, const char* format, va_list arguments) {
  if (level > AV_LOG_ERROR) return;
  char line[512];
  int print_prefix = 1;
  av_log_format_line2(context, level, format, arguments, line, sizeof line, &print_prefix);
  std::string_view text = line;
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  log::debug("ffmpeg", {{"text", text}});
}

}  // namespace

void Freer::operator()(AVPacket* packet) const {
  if (spare.packets.size() >= kMaxSparePackets) return av_packet_free(&packet);
  av_packet_unref(packet);
  spare.packets.push_back(packet);
}

Packet new_packet() {
  if (spare.packets.empty()) return Packet(must(av_packet_alloc()));
  AVPacket* packet = spare.packets.back();
  spare.packets.pop_back();
  return Packet(packet);
}
Frame new_frame() {
  return Frame(must(av_frame_alloc()));
}
Packet share(const AVPacket& packet) {
  return Packet(must(av_packet_clone(&packet)));
}
Frame share(const AVFrame& frame) {
  return Frame(must(av_frame_clone(&frame)));
}

Parameters copy_parameters(const AVCodecParameters& from) {
  Parameters to(must(avcodec_parameters_alloc()));
  if (avcodec_parameters_copy(to.get(), &from) < 0) std::abort();
  return to;
}

std::string error_text(int code) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(code, text, sizeof text);
  return text;
}

std::unexpected<Error> failed(int code, ErrorCode kind, std::string_view reason, std::string_view doing) {
  if (code == AVERROR(EMFILE) || code == AVERROR(ENFILE) || code == AVERROR(ENOMEM))  // not the film's fault
    return fail(ErrorCode::Unavailable, "too_busy", fmt::format("Cannot {} right now: {}.", doing, error_text(code)));
  return fail(kind, std::string(reason), fmt::format("Cannot {}: {}.", doing, error_text(code)));
}

void quiet() {
  static std::once_flag once;
  std::call_once(once, [] { av_log_set_callback(on_log); });
}

Result<Codec> open_decoder(const AVStream& stream, int threads) {
  const AVCodec* decoder = avcodec_find_decoder(stream.codecpar->codec_id);
  const char* name = avcodec_get_name(stream.codecpar->codec_id);
  if (!decoder)
    return fail(ErrorCode::Unsupported, "no_decoder", fmt::format("There is no decoder for {} on this machine.", name));
  Codec codec(must(avcodec_alloc_context3(decoder)));
  if (int e = avcodec_parameters_to_context(codec.get(), stream.codecpar); e < 0)
    return failed(e, ErrorCode::Unsupported, "bad_stream", fmt::format("decode {}", name));
  codec->pkt_timebase = stream.time_base;
  codec->thread_count = threads;
  if (int e = avcodec_open2(codec.get(), decoder, nullptr); e < 0)
    return failed(e, ErrorCode::Unsupported, "bad_stream", fmt::format("decode {}", name));
  return codec;
}

}  // namespace swarma::content::media::ff
