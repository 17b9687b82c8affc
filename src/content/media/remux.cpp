#include "content/media/remux.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "base/file.h"
#include "content/media/language.h"
#include "content/media/remux_input.h"

namespace swarma::content::media {
namespace {

using title::TrackKind;

constexpr int kWriteBuffer = 1 << 20;

// The MP4 on its way to the disk, removed unless it is finished.
class OutputFile {
 public:
  explicit OutputFile(const std::filesystem::path& path)
      : path_(path), temporary_(path.parent_path() / fmt::format(".{}.{}.part", path.filename().string(), getpid())) {}
  ~OutputFile() {
    if (context_) {
      context_->pb = nullptr;
      avformat_free_context(context_);
    }
    if (io_) av_freep(&io_->buffer);
    avio_context_free(&io_);
    std::error_code ignored;
    if (fd_) std::filesystem::remove(temporary_, ignored);
  }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  Result<void> open() {
    fd_ = Fd(::open(temporary_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!fd_) return std::unexpected(io_error("create", temporary_));
    auto* buffer = static_cast<std::uint8_t*>(av_malloc(kWriteBuffer));
    io_ = avio_alloc_context(buffer, kWriteBuffer, 1, this, nullptr, write, seek);
    if (!buffer || !io_ || avformat_alloc_output_context2(&context_, nullptr, "mp4", nullptr) < 0) std::abort();
    context_->pb = io_;
    context_->flags |= AVFMT_FLAG_CUSTOM_IO;
    context_->avoid_negative_ts = AVFMT_AVOID_NEG_TS_DISABLED;  // edit lists take the priming and the reordering off
    return {};
  }
  AVFormatContext* context() const { return context_; }

  std::unexpected<Error> failed(int code) const {
    if (errno_ != 0) {
      errno = errno_;
      return std::unexpected(io_error("write", path_));
    }
    return ff::failed(code, ErrorCode::Unsupported, "cannot_mux", fmt::format("write {}", path_.string()));
  }

  /// Makes the file visible, complete.
  Result<void> finish() {
    if (int e = av_write_trailer(context_); e < 0) return failed(e);
    avio_flush(io_);
    if (io_->error < 0) return failed(io_->error);
    if (fsync(fd_.get()) != 0) return std::unexpected(io_error("write", temporary_));
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) return std::unexpected(io_error("create", path_));
    fd_.reset();
    return sync_folder(path_.has_parent_path() ? path_.parent_path() : ".");
  }

 private:
  static int write(void* opaque, std::uint8_t* data, int size) {
    auto& self = *static_cast<OutputFile*>(opaque);
    for (int done = 0; done < size;) {
      ssize_t n = ::write(self.fd_.get(), data + done, static_cast<std::size_t>(size - done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) {
        self.errno_ = errno;
        return AVERROR(errno);
      }
      done += static_cast<int>(n);
    }
    return size;
  }
  static std::int64_t seek(void* opaque, std::int64_t offset, int whence) {
    auto& self = *static_cast<OutputFile*>(opaque);
    if (whence & AVSEEK_SIZE) return AVERROR(ENOSYS);
    off_t at = lseek(self.fd_.get(), offset, whence & ~AVSEEK_FORCE);
    return at < 0 ? AVERROR(errno) : at;
  }

  std::filesystem::path path_, temporary_;
  Fd fd_;
  AVFormatContext* context_ = nullptr;
  AVIOContext* io_ = nullptr;
  int errno_ = 0;
};

struct Lane {
  std::unique_ptr<PacketSource> source;
  AVStream* stream = nullptr;
  ff::Packet head;
  std::int64_t last_dts = AV_NOPTS_VALUE;
  std::int64_t last_step = 0;

  Result<void> advance() {
    SWARMA_TRY(head, source->next());
    return {};
  }
  std::int64_t dts_us() const { return av_rescale_q(head->dts, source->time_base(), ff::kMicro); }
};

/// MP4 keeps the default as an enabled track and the others as roles in "kind" boxes.
int disposition_of(const title::TrackMarks& marks) {
  return (marks.is_default ? AV_DISPOSITION_DEFAULT : 0) | (marks.forced ? AV_DISPOSITION_FORCED : 0) |
         (marks.hearing_impaired ? AV_DISPOSITION_HEARING_IMPAIRED : 0) |
         (marks.commentary ? AV_DISPOSITION_COMMENT : 0) | (marks.described ? AV_DISPOSITION_VISUAL_IMPAIRED : 0);
}

Result<Lane> open_lane(RemuxTrack& track, AVFormatContext* output) {
  Lane lane;
  if (track.kind == TrackKind::Captions) {
    lane.source = make_text_source(track.cues);
  } else {
    SWARMA_TRY(lane.source, open_fragments(std::move(track.next)));
  }
  lane.stream = avformat_new_stream(output, nullptr);
  if (!lane.stream || avcodec_parameters_copy(lane.stream->codecpar, &lane.source->parameters()) < 0) std::abort();
  lane.stream->codecpar->codec_tag = 0;
  lane.stream->time_base = lane.source->time_base();
  lane.stream->sample_aspect_ratio = lane.source->parameters().sample_aspect_ratio;
  av_dict_set(&lane.stream->metadata, "language", to_iso639_2(track.language).c_str(), 0);
  if (!track.name.empty()) {
    av_dict_set(&lane.stream->metadata, "title", track.name.c_str(), 0);
    av_dict_set(&lane.stream->metadata, "handler_name", track.name.c_str(), 0);
  }
  lane.stream->disposition = disposition_of(track.marks);
  SWARMA_RETURN_IF_ERROR(lane.advance());
  return lane;
}

Result<void> write_head(Lane& lane, OutputFile& output) {
  AVPacket& packet = *lane.head;
  if (packet.dts == AV_NOPTS_VALUE || packet.pts == AV_NOPTS_VALUE || packet.pts < packet.dts ||
      (lane.last_dts != AV_NOPTS_VALUE && packet.dts <= lane.last_dts))
    return fail(ErrorCode::Corrupt, "broken_segment", "The times in a track's segments do not rise.");
  if (lane.last_dts != AV_NOPTS_VALUE) lane.last_step = packet.dts - lane.last_dts;
  lane.last_dts = packet.dts;
  // The demuxer does not say how long the last sample of a segment lasts.
  if (packet.duration <= 0)
    packet.duration = lane.source->last_duration() > 0 ? lane.source->last_duration() : lane.last_step;
  av_packet_rescale_ts(&packet, lane.source->time_base(), lane.stream->time_base);
  packet.stream_index = lane.stream->index;
  packet.pos = -1;
  if (int e = av_write_frame(output.context(), &packet); e < 0) return output.failed(e);
  return lane.advance();
}

// The context frees them.
void add_chapters(AVFormatContext* context, const RemuxChapters& from) {
  if (from.chapters.empty()) return;
  context->chapters = static_cast<AVChapter**>(av_calloc(from.chapters.size(), sizeof(AVChapter*)));
  if (!context->chapters) std::abort();
  for (std::size_t i = 0; i < from.chapters.size(); ++i) {
    auto* chapter = static_cast<AVChapter*>(av_mallocz(sizeof(AVChapter)));
    if (!chapter) std::abort();
    chapter->id = static_cast<std::int64_t>(i);
    chapter->time_base = {1, 1000};
    chapter->start = from.chapters[i].start_ms;
    chapter->end = i + 1 < from.chapters.size() ? from.chapters[i + 1].start_ms : from.end_ms;
    av_dict_set(&chapter->metadata, "title", from.chapters[i].name.c_str(), 0);
    context->chapters[context->nb_chapters++] = chapter;
  }
}

Lane* earliest(std::vector<Lane>& lanes) {
  Lane* first = nullptr;
  for (Lane& lane : lanes)
    if (lane.head && (!first || lane.dts_us() < first->dts_us())) first = &lane;
  return first;
}

}  // namespace

Result<void> remux_to_mp4(std::vector<RemuxTrack> tracks, const std::filesystem::path& output,
                          const std::function<void(double)>& progress, const RemuxChapters& chapters) {
  OutputFile file(output);
  SWARMA_RETURN_IF_ERROR(file.open());
  std::vector<Lane> lanes;
  for (RemuxTrack& track : tracks) {
    if (track.kind == TrackKind::Storyboard || (track.kind == TrackKind::Captions && track.cues.empty())) continue;
    SWARMA_TRY(Lane lane, open_lane(track, file.context()));
    lanes.push_back(std::move(lane));
  }
  if (lanes.empty()) return fail(ErrorCode::BadRequest, "no_tracks", "There is no track to write.");
  add_chapters(file.context(), chapters);
  if (int e = avformat_write_header(file.context(), nullptr); e < 0) return file.failed(e);
  std::int64_t reported = -1;
  while (Lane* lane = earliest(lanes)) {
    std::int64_t tenths = lane->dts_us() / 100'000;
    if (progress && tenths > reported) progress(static_cast<double>(reported = tenths) / 10);
    SWARMA_RETURN_IF_ERROR(write_head(*lane, file));
  }
  return file.finish();
}

}  // namespace swarma::content::media
