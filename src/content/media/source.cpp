#include "content/media/source.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

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

struct Source::State {
  Fd fd;
  std::int64_t size = 0;
  std::int64_t position = 0;
  bool skip_bodies = false;
  bool parsed = false;
  int io_errno = 0;
  AVIOContext* io = nullptr;
  AVFormatContext* context = nullptr;

  ~State() {
    avformat_close_input(&context);
    if (io) av_freep(&io->buffer);
    avio_context_free(&io);
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
      ssize_t n = pread(self.fd.get(), to, static_cast<std::size_t>(length), self.position);
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

Result<void> check_regular(const Fd& fd, const std::filesystem::path& file, std::int64_t& size) {
  struct stat info = {};
  if (fstat(fd.get(), &info) != 0) return std::unexpected(io_error("read", file));
  if (S_ISDIR(info.st_mode)) return fail(ErrorCode::Unsupported, "not_media", "This is a folder, not a film.");
  if (!S_ISREG(info.st_mode)) return fail(ErrorCode::Unsupported, "not_media", "This is not an ordinary file.");
  if (info.st_size == 0) return fail(ErrorCode::Unsupported, "not_media", "The file is empty.");
  size = info.st_size;
  return {};
}

std::unexpected<Error> cannot_open(const Source& source, int code) {
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

}  // namespace

Source::Source(std::unique_ptr<State> state) : state_(std::move(state)) {}
Source::Source(Source&&) noexcept = default;
Source& Source::operator=(Source&&) noexcept = default;
Source::~Source() = default;

AVFormatContext* Source::context() const {
  return state_->context;
}
std::uint64_t Source::file_bytes() const {
  return static_cast<std::uint64_t>(state_->size);
}
bool Source::has_parsed_streams() const {
  return state_->parsed;
}
void Source::skip_bodies() {
  state_->skip_bodies = true;
  state_->context->flags |= AVFMT_FLAG_NOPARSE;  // a parser would see undefined bytes
}

Result<Source> Source::open(const std::filesystem::path& file, Depth depth) {
  ff::quiet();
  Source source(std::make_unique<State>());
  State& state = *source.state_;
  state.fd = Fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!state.fd) {
    bool missing = errno == ENOENT;
    Error error = io_error("open", file);
    if (missing) error.code = ErrorCode::NotFound;
    return std::unexpected(std::move(error));
  }
  SWARMA_CHECK(check_regular(state.fd, file, state.size));

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
  if (int e = avformat_open_input(&state.context, "", nullptr, nullptr); e < 0) return cannot_open(source, e);
  if (depth == Depth::Streams)
    if (int e = avformat_find_stream_info(state.context, nullptr); e < 0) return cannot_open(source, e);
  return source;
}

std::size_t Source::read_at(std::int64_t position, std::uint8_t* to, std::size_t length) const {
  if (position < 0) return 0;
  ssize_t n = pread(state_->fd.get(), to, length, position);
  return n < 0 ? 0 : static_cast<std::size_t>(n);
}

Result<ff::Packet> Source::next() {
  ff::Packet packet = ff::new_packet();
  for (int errors = 0; errors < kMaxConsecutiveErrors;) {
    int e = av_read_frame(state_->context, packet.get());
    if (e >= 0) return packet;
    if (state_->io_errno != 0) return ff::failed(AVERROR(state_->io_errno), ErrorCode::Io, "io_error", "read the film");
    if (e == AVERROR_EOF || avio_feof(state_->io)) return ff::Packet();
    if (e != AVERROR(EAGAIN)) ++errors;
  }
  return ff::Packet();
}

}  // namespace swarma::content::media
