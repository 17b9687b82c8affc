#include "content/media/demuxer.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <map>

namespace swarma::content::media {
namespace {

constexpr int kReadBuffer = 64 << 10;
constexpr std::int64_t kProbeBytes = 16 << 20;  // enough for a stream that starts late in a transport stream
constexpr std::int64_t kAnalyzeMicroseconds = 10'000'000;
constexpr int kMaxStreams = 128;
constexpr int kMaxConsecutiveErrors = 100;  // damaged packets in a row before the film counts as ended

int refuse_open(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) {
  return AVERROR(EPERM);
}

}  // namespace

struct Demuxer::State {
  explicit State(Film of) : film(std::move(of)), size(static_cast<std::int64_t>(film.bytes())) {}

  Film film;
  const std::int64_t size;
  std::int64_t position = 0;
  bool skip_bodies = false;
  bool parsed = false;
  int io_errno = 0;
  AVIOContext* io = nullptr;
  AVFormatContext* context = nullptr;
  /// What is left of one stream's timeline.
  struct Follower {
    std::deque<ClockPiece> pieces;
    std::int64_t packets = 0, shift_us = 0;
  };
  std::map<int, Follower> followers;

  ~State() {
    avformat_close_input(&context);
    if (io) av_freep(&io->buffer);
    avio_context_free(&io);
  }

  void shift(AVPacket& packet) {
    const auto it = followers.find(packet.stream_index);
    if (it == followers.end()) return;
    Follower& f = it->second;
    for (; !f.pieces.empty() && f.pieces.front().first_packet <= f.packets; f.pieces.pop_front())
      f.shift_us = f.pieces.front().shift_us;
    ++f.packets;
    const std::int64_t ticks = av_rescale_q(f.shift_us, ff::kMicro, context->streams[packet.stream_index]->time_base);
    if (packet.pts != AV_NOPTS_VALUE) packet.pts += ticks;
    if (packet.dts != AV_NOPTS_VALUE) packet.dts += ticks;
  }

  static int read(void* opaque, std::uint8_t* to, int length) {
    auto& self = *static_cast<State*>(opaque);
    if (self.position >= self.size) return AVERROR_EOF;
    if (self.skip_bodies) {
      int n = static_cast<int>(std::min<std::int64_t>(length, self.size - self.position));
      self.position += n;
      return n;
    }
    for (;;) {
      ssize_t n = pread(self.film.descriptor(), to, static_cast<std::size_t>(length), self.position);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) {
        self.io_errno = errno;
        return AVERROR(errno);
      }
      if (n == 0) return AVERROR_EOF;
      self.position += n;
      return static_cast<int>(n);
    }
  }

  static std::int64_t seek(void* opaque, std::int64_t offset, int whence) {
    auto& self = *static_cast<State*>(opaque);
    switch (whence & ~AVSEEK_FORCE) {
      case AVSEEK_SIZE:
        return self.size;
      case SEEK_SET:
        break;
      case SEEK_CUR:
        offset += self.position;
        break;
      case SEEK_END:
        offset += self.size;
        break;
      default:
        return AVERROR(EINVAL);
    }
    if (offset < 0) return AVERROR(EINVAL);
    return self.position = offset;
  }
};

namespace {

std::unexpected<Error> cannot_open(const Demuxer& source, int code) {
  std::uint8_t head[12] = {};
  std::size_t n = source.read_at(0, head, sizeof head);
  std::string_view text(reinterpret_cast<const char*>(head), n);
  if (n == sizeof head && text.substr(4, 4) == "ftyp")
    return fail(
        ErrorCode::Unsupported, "not_media",
        "The file begins as an MP4 but its index (the moov box) is missing: the recording or the download was cut "
        "off. Record or download it again.");
  return fail(ErrorCode::Unsupported, "not_media",
              fmt::format("The file is not a film in any known format ({}).", ff::error_text(code)));
}

/// AVI holds H.264 and HEVC with start codes, whatever the header's parameter sets look like. Parsers and decoders go
/// by the header, so it is brought into the form of the packets.
void match_header_to_packets(const Demuxer& source) {
  const AVFormatContext& context = *source.context();
  if (std::string_view(context.iformat->name) != "avi") return;
  constexpr std::int64_t kChunkHead = 8;
  for (unsigned i = 0; i < context.nb_streams; ++i) {
    AVStream& stream = *context.streams[i];
    AVCodecParameters& p = *stream.codecpar;
    const char* filter = p.codec_id == AV_CODEC_ID_H264   ? "h264_mp4toannexb"
                         : p.codec_id == AV_CODEC_ID_HEVC ? "hevc_mp4toannexb"
                                                          : nullptr;
    const AVIndexEntry* first = avformat_index_get_entry(&stream, 0);
    if (!filter || !first || p.extradata_size < 7 || p.extradata[0] != 1) continue;
    std::uint8_t head[4] = {};
    if (source.read_at(first->pos + kChunkHead, head, sizeof head) < sizeof head) continue;
    if (head[0] != 0 || head[1] != 0 || (head[2] != 1 && (head[2] != 0 || head[3] != 1))) continue;
    AVBSFContext* made = nullptr;
    if (av_bsf_alloc(av_bsf_get_by_name(filter), &made) < 0) continue;
    const ff::Bsf bsf(made);
    if (avcodec_parameters_copy(bsf->par_in, &p) >= 0 && av_bsf_init(bsf.get()) >= 0)
      avcodec_parameters_copy(&p, bsf->par_out);
  }
}

}  // namespace

Demuxer::Demuxer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Demuxer::Demuxer(Demuxer&&) noexcept = default;
Demuxer& Demuxer::operator=(Demuxer&&) noexcept = default;
Demuxer::~Demuxer() = default;

AVFormatContext* Demuxer::context() const {
  return state_->context;
}
const Film& Demuxer::film() const {
  return state_->film;
}
bool Demuxer::has_parsed_streams() const {
  return state_->parsed;
}
void Demuxer::skip_bodies() {
  state_->skip_bodies = true;
  state_->context->flags |= AVFMT_FLAG_NOPARSE;  // a parser would see undefined bytes
}

void Demuxer::follow(const Timeline& timeline) {
  for (const ClockPiece& piece : timeline) state_->followers[piece.stream].pieces.push_back(piece);
}

Result<Demuxer> Demuxer::open(const Film& film, Depth depth) {
  ff::quiet();
  Demuxer demuxer(std::make_unique<State>(film));
  SWARMA_RETURN_IF_ERROR(demuxer.begin(depth));
  return demuxer;
}

Result<Demuxer> Demuxer::open_described(const Film& film, const MediaInfo& info) {
  if (film.bytes() != info.file_bytes) return film_changed();
  // MP4 says all there is to know in its index; other containers need a look at their packets.
  const bool mp4 = info.container.find("mp4") != std::string::npos;
  SWARMA_TRY(Demuxer demuxer, open(film, mp4 ? Depth::Header : Depth::Streams));
  const auto exists = [&](const auto& stream) {
    return stream.stream_index < static_cast<int>(demuxer.context()->nb_streams);
  };
  if (!exists(info.video) || !std::ranges::all_of(info.audio, exists) || !std::ranges::all_of(info.captions, exists))
    return film_changed();
  demuxer.follow(info.timeline);
  return demuxer;
}

Result<Demuxer> Demuxer::open_again() const {
  return open(state_->film, state_->parsed ? Depth::Streams : Depth::Header);
}

Result<void> Demuxer::begin(Depth depth) {
  State& state = *state_;
  auto* buffer = static_cast<std::uint8_t*>(av_malloc(kReadBuffer));
  state.io = avio_alloc_context(buffer, kReadBuffer, 0, &state, State::read, nullptr, State::seek);
  state.context = avformat_alloc_context();
  if (!buffer || !state.io || !state.context) std::abort();
  state.context->pb = state.io;
  state.context->flags |= AVFMT_FLAG_CUSTOM_IO;
  state.context->io_open = refuse_open;
  state.context->probesize = kProbeBytes;
  state.context->max_analyze_duration = kAnalyzeMicroseconds;
  state.context->max_streams = kMaxStreams;
  state.parsed = depth == Depth::Streams;
  AVDictionary* options = nullptr;
  av_dict_set(&options, "merge_pmt_versions", "1", 0);  // parts of a transport stream that use other stream numbers
  int opened = avformat_open_input(&state.context, "", nullptr, &options);
  av_dict_free(&options);
  if (opened < 0) return cannot_open(*this, opened);
  match_header_to_packets(*this);
  if (depth == Depth::Streams)
    if (int e = avformat_find_stream_info(state.context, nullptr); e < 0) return cannot_open(*this, e);
  return {};
}

std::size_t Demuxer::read_at(std::int64_t position, std::uint8_t* to, std::size_t length) const {
  if (position < 0) return 0;
  ssize_t n = pread(state_->film.descriptor(), to, length, position);
  return n < 0 ? 0 : static_cast<std::size_t>(n);
}

Result<ff::Packet> Demuxer::next() {
  ff::Packet packet = ff::new_packet();
  for (int errors = 0; errors < kMaxConsecutiveErrors;) {
    int e = av_read_frame(state_->context, packet.get());
    if (e >= 0) {
      if (!state_->followers.empty()) state_->shift(*packet);
      return packet;
    }
    if (state_->io_errno != 0) return ff::failed(AVERROR(state_->io_errno), ErrorCode::Io, "io_error", "read the film");
    if (e == AVERROR_EOF || avio_feof(state_->io)) return ff::Packet();
    if (e != AVERROR(EAGAIN)) ++errors;
  }
  return ff::Packet();
}

}  // namespace swarma::content::media
