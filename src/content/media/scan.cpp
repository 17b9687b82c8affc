#include "content/media/scan.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "content/media/caption_tracks.h"
#include "content/media/probe_streams.h"

namespace swarma::content::media {
namespace {

constexpr std::size_t kForeignText = 16 << 10, kForeignPacket = 4 << 10;
constexpr int kMaxTopLevelBoxes = 1'000'000;
constexpr int kMaxEbmlElements = 1'000;
constexpr std::size_t kMaxLateStreams = 64;
constexpr std::int64_t kMaxFrames = 24 * 3600 * 120;  // a day at 120 frames a second: bounds memory

std::int64_t be(const std::uint8_t* p, int bytes) {
  std::int64_t value = 0;
  for (int i = 0; i < bytes; ++i) value = (value << 8) | p[i];
  return value;
}

// Walks the length-prefixed units of one H.264 access unit up to its first slice. `read` gives bytes at an offset.
template <class Read>
bool starts_with_idr(Read read, std::int64_t size, int length_bytes) {
  std::int64_t at = 0;
  while (at + length_bytes < size) {
    std::uint8_t head[5] = {};
    if (!read(at, head, static_cast<std::size_t>(length_bytes + 1))) return false;
    int type = head[length_bytes] & 31;
    if (type == 5) return true;
    if (type >= 1 && type <= 4) return false;
    at += length_bytes + be(head, length_bytes);
  }
  return false;
}

class Scanner {
 public:
  explicit Scanner(Demuxer& source) : source_(source), watch_(*source.context()) {
    const unsigned count = source.context()->nb_streams;
    scan_.streams.resize(count);
    length_bytes_.resize(count);
    shapes_.resize(count);
    for (unsigned i = 0; i < count; ++i) {
      source.stream(static_cast<int>(i))->discard = AVDISCARD_NONE;
      const AVCodecParameters& p = *source.stream(static_cast<int>(i))->codecpar;
      if (p.codec_id == AV_CODEC_ID_H264 && p.extradata_size > 6 && p.extradata[0] == 1)
        length_bytes_[i] = (p.extradata[4] & 3) + 1;
    }
  }

  Result<Scan> run(bool bodies_skipped) {
    for (;;) {
      SWARMA_TRY(ff::Packet packet, source_.next());
      if (!packet) break;
      if (packet->stream_index < 0) continue;
      if (static_cast<std::size_t>(packet->stream_index) >= scan_.streams.size()) {
        take_late(*packet);
        continue;
      }
      watch_.take(*packet, *source_.stream(packet->stream_index));
      take(*packet, bodies_skipped);
      if (bodies_skipped) skip_known_sound(*packet);
      if (frames_ > kMaxFrames)
        return fail(ErrorCode::Unsupported, "too_long", "The film has more frames than a day of video.");
    }
    for (StreamScan& s : scan_.streams) {
      std::sort(s.frames_us.begin(), s.frames_us.end());
      std::sort(s.keyframes_us.begin(), s.keyframes_us.end());
    }
    return std::move(scan_);
  }

  const ClockWatch& watch() const { return watch_; }

 private:
  void take(const AVPacket& packet, bool bodies_skipped) {
    const AVStream& stream = *source_.stream(packet.stream_index);
    StreamScan& s = scan_.streams[static_cast<std::size_t>(packet.stream_index)];
    std::int64_t pts = packet.pts != AV_NOPTS_VALUE ? packet.pts : packet.dts;
    s.shown_known |= packet.pts != AV_NOPTS_VALUE;
    s.bytes += packet.size;
    ++s.packets;
    s.last_position = std::max(s.last_position, packet.pos);
    s.encrypted |= av_packet_get_side_data(&packet, AV_PKT_DATA_ENCRYPTION_INFO, nullptr) != nullptr;
    if (packet.flags & AV_PKT_FLAG_DISCARD) {
      s.hidden_packets = true;
      return;
    }
    if (pts == AV_NOPTS_VALUE) pts = next_pts(s, stream);
    std::int64_t start = av_rescale_q(pts, stream.time_base, ff::kMicro);
    if (packet.duration > 0) s.last_duration = packet.duration;  // some containers leave it out for the last packet
    std::int64_t end = av_rescale_q(pts + s.last_duration, stream.time_base, ff::kMicro);
    if (stream.codecpar->codec_type == AVMEDIA_TYPE_SUBTITLE) {
      bool blank = packet.size <= (stream.codecpar->codec_id == AV_CODEC_ID_MOV_TEXT ? 2 : 0);
      if (!blank) keep_foreign_text(packet, stream, s, bodies_skipped);
      s.end_us = std::max(s.end_us, end);
      return;
    }
    if (s.first_us == kNever) start += priming_us(packet, stream);
    s.first_us = s.first_us == kNever ? start : std::min(s.first_us, start);
    s.end_us = std::max(s.end_us, end);
    if (stream.codecpar->codec_type == AVMEDIA_TYPE_VIDEO) take_video(packet, stream, start, bodies_skipped);
  }

  void take_late(const AVPacket& packet) {
    const std::size_t index = static_cast<std::size_t>(packet.stream_index) - scan_.streams.size();
    if (index >= kMaxLateStreams) return;
    if (scan_.late.size() <= index) scan_.late.resize(index + 1);
    LateStream& late = scan_.late[index];
    if (late.first_position < 0) late.first_position = packet.pos;
    late.type = source_.stream(packet.stream_index)->codecpar->codec_type;
  }

  void keep_foreign_text(const AVPacket& packet, const AVStream& stream, StreamScan& s, bool bodies_skipped) const {
    if (!is_text_caption(*stream.codecpar) || s.foreign_text.size() >= kForeignText) return;
    std::string data(std::min<std::size_t>(static_cast<std::size_t>(packet.size), kForeignPacket), '\0');
    if (bodies_skipped)
      data.resize(source_.read_at(packet.pos, reinterpret_cast<std::uint8_t*>(data.data()), data.size()));
    else
      std::memcpy(data.data(), packet.data, data.size());
    const std::string_view text = stored_text(data, stream.codecpar->codec_id);
    const auto decoded = decode_text(view(text), {"und", ""});
    if (decoded && !decoded->assumed.empty()) s.foreign_text.append(text).append("\n");
  }

  /// Where sound ends stands in the index: its packets need not be asked for one by one.
  void skip_known_sound(const AVPacket& first) {
    AVStream& stream = *source_.stream(first.stream_index);
    const int count = avformat_index_get_entries_count(&stream);
    if (stream.codecpar->codec_type != AVMEDIA_TYPE_AUDIO || count == 0) return;
    if (first.flags & AV_PKT_FLAG_DISCARD) return;  // hidden by an edit list: where the sound begins is not known yet
    if (avformat_index_get_entry(&stream, 0)->timestamp != first.pts) return;
    const AVIndexEntry* last = avformat_index_get_entry(&stream, count - 1);
    const std::int64_t end = first.pts + stream.duration, rest = end - last->timestamp;
    if ((last->flags & AVINDEX_DISCARD_FRAME) || rest <= 0 || rest > first.duration) return;
    scan_.streams[static_cast<std::size_t>(first.stream_index)].end_us =
        av_rescale_q(end, stream.time_base, ff::kMicro);
    stream.discard = AVDISCARD_ALL;
  }

  static std::int64_t next_pts(const StreamScan& s, const AVStream& stream) {
    return s.end_us == kNever ? 0 : av_rescale_q(s.end_us, ff::kMicro, stream.time_base);
  }

  static std::int64_t priming_us(const AVPacket& packet, const AVStream& stream) {
    std::size_t size = 0;
    const std::uint8_t* data = av_packet_get_side_data(&packet, AV_PKT_DATA_SKIP_SAMPLES, &size);
    if (stream.codecpar->sample_rate <= 0) return 0;
    std::int64_t samples = packet.pts < 0 ? std::max(0, stream.codecpar->initial_padding) : 0;
    if (data && size >= 4) samples = data[0] | data[1] << 8 | data[2] << 16 | std::int64_t{data[3]} << 24;
    return av_rescale(samples, 1'000'000, stream.codecpar->sample_rate);
  }

  void take_video(const AVPacket& packet, const AVStream& stream, std::int64_t start, bool bodies_skipped) {
    const auto index = static_cast<std::size_t>(packet.stream_index);
    StreamScan& s = scan_.streams[index];
    s.new_parameters |= av_packet_get_side_data(&packet, AV_PKT_DATA_NEW_EXTRADATA, nullptr) != nullptr;
    s.frames_us.push_back(start);
    ++frames_;
    if (!(packet.flags & AV_PKT_FLAG_KEY)) return;
    if (const AVCodecParserContext* parser = av_stream_get_parser(&stream); parser && parser->width > 0) {
      const std::pair<int, int> shape{parser->width, parser->height};
      if (shapes_[index].first > 0 && shape != shapes_[index]) s.shapes_us.push_back(start);
      shapes_[index] = shape;
    }
    if (length_bytes_[index] == 0) {
      s.keyframes_us.push_back(start);
      return;
    }
    auto read = [&](std::int64_t at, std::uint8_t* to, std::size_t n) {
      if (bodies_skipped) return source_.read_at(packet.pos + at, to, n) == n;
      if (at < 0 || at + static_cast<std::int64_t>(n) > packet.size) return false;
      std::memcpy(to, packet.data + at, n);
      return true;
    };
    if (starts_with_idr(read, packet.size, length_bytes_[index])) s.keyframes_us.push_back(start);
  }

  Demuxer& source_;
  ClockWatch watch_;
  std::vector<int> length_bytes_;            // by stream index: of H.264 with length-prefixed units
  std::vector<std::pair<int, int>> shapes_;  // by stream index: of the latest picture
  std::int64_t frames_ = 0;
  Scan scan_;
};

}  // namespace

bool has_complete_index(const Demuxer& source) {
  if (!std::strstr(source.context()->iformat->name, "mp4")) return false;
  auto size = static_cast<std::int64_t>(source.film().bytes());
  std::int64_t at = 0;
  bool moov = false;
  for (int i = 0; i < kMaxTopLevelBoxes && at + 8 <= size; ++i) {
    std::uint8_t head[16] = {};
    std::size_t n = source.read_at(at, head, sizeof head);
    if (n < 8) break;
    std::int64_t length = be(head, 4);
    if (length == 1) length = n == sizeof head ? be(head + 8, 8) : 0;
    if (std::memcmp(head + 4, "moof", 4) == 0) return false;
    moov |= std::memcmp(head + 4, "moov", 4) == 0;
    if (length < 8 || length > size - at) break;  // 0: to the end of the file
    at += length;
  }
  return moov;
}

// RFC 8794: an element is its id, its size (as many bytes as the first tells) and its body. A file is a header and one
// segment; more elements may follow.
bool is_whole_matroska(const Demuxer& source) {
  if (!std::strstr(source.context()->iformat->name, "matroska")) return false;
  const auto file = static_cast<std::int64_t>(source.film().bytes());
  constexpr std::int64_t kSegment = 0x18538067;
  for (std::int64_t at = 0, elements = 0; at < file && elements < kMaxEbmlElements; ++elements) {
    std::uint8_t head[12] = {};
    if (source.read_at(at, head, sizeof head) < sizeof head || head[0] == 0) return false;
    const int id_bytes = std::countl_zero(head[0]) + 1;
    const int size_bytes = std::countl_zero(head[id_bytes]) + 1;
    if (id_bytes > 4 || size_bytes > 8) return false;
    const std::int64_t size = be(head + id_bytes, size_bytes) & ((std::int64_t{1} << (7 * size_bytes)) - 1);
    const bool unknown = size == (std::int64_t{1} << (7 * size_bytes)) - 1;
    at += id_bytes + size_bytes;
    if (unknown || size > file - at) return false;
    at += size;
    if (be(head, id_bytes) == kSegment) return true;
  }
  return false;
}

bool find_truncation(const Demuxer& source, int stream_index, Truncation& found) {
  AVStream* stream = source.stream(stream_index);
  int count = avformat_index_get_entries_count(stream);
  auto size = static_cast<std::int64_t>(source.film().bytes());
  for (int i = 0; i < count; ++i) {
    const AVIndexEntry* entry = avformat_index_get_entry(stream, i);
    if (entry->pos + entry->size <= size) continue;
    const AVIndexEntry* last = avformat_index_get_entry(stream, count - 1);
    found.have_us = av_rescale_q(entry->timestamp, stream->time_base, ff::kMicro);
    found.promised_us = av_rescale_q(last->timestamp, stream->time_base, ff::kMicro);
    return true;
  }
  return false;
}

Result<Scan> scan_packets(Demuxer& source) {
  bool skip = has_complete_index(source) && !source.has_parsed_streams();
  if (skip) source.skip_bodies();
  Scanner scanner(source);
  SWARMA_TRY(Scan scan, scanner.run(skip));
  if (!scanner.watch().found_jumps()) return scan;
  // The times that were found are those of several clocks: once more, on one.
  const ClockWatch& watch = scanner.watch();
  SWARMA_TRY(Demuxer again, source.open_again());
  again.follow(watch.timeline());
  SWARMA_TRY(scan, Scanner(again).run(false));
  scan.timeline = watch.timeline();
  for (std::size_t i = 0; i < scan.streams.size(); ++i) scan.jumps.push_back(watch.jumps_of(static_cast<int>(i)));
  return scan;
}

}  // namespace swarma::content::media
