#include "content/media/fragment_muxer.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace swarma::content::media {
namespace {

constexpr int kWriteBuffer = 32 << 10;
constexpr std::size_t kRoomBehind = 64;  // for what encryption appends

std::unexpected<Error> mux_failed(int code) {
  return ff::failed(code, ErrorCode::Unsupported, "cannot_mux", "put the stream into fragmented MP4");
}

}  // namespace

FragmentMuxer::FragmentMuxer(const AVCodecParameters& parameters, AVRational time_base)
    : parameters_(ff::copy_parameters(parameters)), time_base_(time_base) {
  parameters_->codec_tag = 0;  // the source container's tag means nothing here
}

FragmentMuxer::~FragmentMuxer() {
  if (context_) {
    context_->pb = nullptr;
    avformat_free_context(context_);
  }
  if (io_) av_freep(&io_->buffer);
  avio_context_free(&io_);
}

int FragmentMuxer::write_out(void* opaque, std::uint8_t* data, int size) {
  auto& self = *static_cast<FragmentMuxer*>(opaque);
  auto length = static_cast<std::size_t>(size);
  if (const std::size_t end = self.at_ + length; end > self.out_.size()) {
    if (end > self.out_.capacity()) self.out_.reserve(end + end / 8 + kRoomBehind);
    self.out_.resize(end);
  }
  std::memcpy(self.out_.data() + self.at_, data, length);
  self.at_ += length;
  self.used_ = std::max(self.used_, self.at_);
  return size;
}

// The muxer goes back to write the sizes of boxes, never into an earlier segment.
std::int64_t FragmentMuxer::seek_out(void* opaque, std::int64_t offset, int whence) {
  auto& self = *static_cast<FragmentMuxer*>(opaque);
  if (whence != SEEK_SET || offset < self.drained_ || offset > self.drained_ + static_cast<std::int64_t>(self.used_))
    return AVERROR(EINVAL);
  self.at_ = static_cast<std::size_t>(offset - self.drained_);
  return offset;
}

Result<void> FragmentMuxer::start(const AVPacket& first) {
  auto* buffer = static_cast<std::uint8_t*>(av_malloc(kWriteBuffer));
  io_ = avio_alloc_context(buffer, kWriteBuffer, 1, this, nullptr, write_out, seek_out);
  if (!buffer || !io_ || avformat_alloc_output_context2(&context_, nullptr, "mp4", nullptr) < 0) std::abort();
  io_->seekable = 0;
  io_->direct = AVIO_FLAG_DIRECT;  // the mdat goes straight to out_
  context_->pb = io_;
  context_->flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_BITEXACT;
  context_->avoid_negative_ts = AVFMT_AVOID_NEG_TS_DISABLED;
  AVStream* stream = avformat_new_stream(context_, nullptr);
  if (!stream || avcodec_parameters_copy(stream->codecpar, parameters_.get()) < 0) std::abort();
  stream->time_base = time_base_;

  bool video = parameters_->codec_type == AVMEDIA_TYPE_VIDEO, primed = !video && first.pts < 0;
  AVDictionary* options = nullptr;
  av_dict_set(&options, "movflags", "+frag_custom+delay_moov+default_base_moof", 0);
  if (!primed) av_dict_set(&options, "movflags", "+frag_discont", AV_DICT_APPEND);  // tfdt starts at the first time
  av_dict_set(&options, "use_editlist", video || primed ? "1" : "0", 0);
  int e = avformat_write_header(context_, &options);
  av_dict_free(&options);
  if (e < 0) return mux_failed(e);
  started_ = true;
  return {};
}

Result<void> FragmentMuxer::write(AVPacket& packet) {
  if (!started_) SWARMA_RETURN_IF_ERROR(start(packet));
  av_packet_rescale_ts(&packet, time_base_, context_->streams[0]->time_base);
  packet.stream_index = 0;
  packet.pos = -1;
  // With one stream nothing waits to be interleaved: it is written at once, without a reference of its own.
  if (int e = av_interleaved_write_frame(context_, &packet); e < 0) return mux_failed(e);
  return {};
}

Result<Bytes> FragmentMuxer::flush() {
  if (int e = av_write_frame(context_, nullptr); e < 0) return mux_failed(e);
  avio_flush(io_);
  out_.resize(used_);
  drained_ += static_cast<std::int64_t>(used_);
  at_ = used_ = 0;
  return std::exchange(out_, {});
}

Result<Bytes> FragmentMuxer::init() {
  if (!started_)
    return fail(ErrorCode::Internal, "no_packets", "An init segment was asked for before the first packet.");
  return flush();
}

std::string codecs_of_init(ByteView init) {
  auto find = [&](std::string_view name) {
    auto at = std::search(init.begin(), init.end(), name.begin(), name.end());
    return at == init.end() ? ByteView() : init.subspan(static_cast<std::size_t>(at - init.begin()) + name.size());
  };
  if (ByteView avcc = find("avcC"); avcc.size() >= 4)
    return fmt::format("avc1.{:02x}{:02x}{:02x}", avcc[1], avcc[2], avcc[3]);
  ByteView esds = find("esds");
  // ISO/IEC 14496-1: descriptor 5 (DecoderSpecificInfo), a length of one to four bytes, then the AudioSpecificConfig,
  // whose first five bits are the object type.
  for (std::size_t i = 4; i + 6 < esds.size() && i < 64; ++i) {
    if (esds[i] != 5) continue;
    std::size_t at = i + 1;
    while (at < esds.size() && at < i + 4 && (esds[at] & 0x80)) ++at;
    if (at + 1 >= esds.size()) break;
    return fmt::format("mp4a.40.{}", esds[at + 1] >> 3);
  }
  return "";
}

}  // namespace swarma::content::media
