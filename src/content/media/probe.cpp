#include "content/media/probe.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <future>
#include <optional>

#include "content/media/colours.h"
#include "content/media/field_sample.h"
#include "content/media/plan.h"
#include "content/media/probe_streams.h"
#include "content/media/scan.h"

namespace swarma::content::media {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kMaxCopiedGap = 12 * kSecond;       // longest slot a copy may make
constexpr std::int64_t kToleratedShortfall = 4 * kSecond;  // of a container's promise, for those without a sample index
constexpr int kMaxAudioStreams = 32, kMaxCaptionStreams = 64;
constexpr int kMaxSide = 16384;

std::string clock(std::int64_t us) {
  std::int64_t s = us / kSecond;
  return fmt::format("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60);
}

std::string found_streams(const AVFormatContext& context) {
  std::string out;
  for (unsigned i = 0; i < context.nb_streams && i < 8; ++i) {
    const AVCodecParameters& p = *context.streams[i]->codecpar;
    const char* kind = av_get_media_type_string(p.codec_type);
    out += fmt::format("{}{} ({})", out.empty() ? "" : ", ", kind ? kind : "data", avcodec_get_name(p.codec_id));
  }
  return out.empty() ? "nothing" : out;
}

bool is_picture_format(const AVFormatContext& context) {
  std::string_view name = context.iformat->name;
  return name.ends_with("_pipe") || name.starts_with("image2");
}

bool is_text_format(const AVFormatContext& context) {
  std::string_view name = context.iformat->name;
  if (name == "tty" || name == "bin" || name == "xbin" || name == "adf" || name == "idf") return true;
  return std::all_of(context.streams, context.streams + context.nb_streams,
                     [](const AVStream* s) { return s->codecpar->codec_type == AVMEDIA_TYPE_SUBTITLE; });
}

/// The stream with the largest picture that is not a cover; null if there is none.
const AVStream* find_video(const AVFormatContext& context) {
  const AVStream* best = nullptr;
  auto area = [](const AVStream& s) { return std::int64_t{s.codecpar->width} * s.codecpar->height; };
  for (unsigned i = 0; i < context.nb_streams; ++i) {
    const AVStream& s = *context.streams[i];
    if (s.codecpar->codec_type != AVMEDIA_TYPE_VIDEO || is_cover_picture(s) || area(s) <= 0) continue;
    if (!best || area(s) > area(*best)) best = &s;
  }
  return best;
}

/// What a complete index says of all packets.
struct IndexScan {
  int video;
  Scan scan;
};

/// Nothing for a file without a complete index.
Result<std::optional<IndexScan>> scan_index(const std::filesystem::path& file) {
  SWARMA_TRY(Source source, Source::open(file, Source::Depth::Header));
  const AVStream* video = find_video(*source.context());
  if (video == nullptr || !has_complete_index(source)) return std::nullopt;
  const int index = video->index;
  SWARMA_TRY(Scan scan, scan_packets(source, index));
  return IndexScan{index, std::move(scan)};
}

// One look at a file: the steps share what they found.
class Prober {
 public:
  Prober(const std::filesystem::path& file, Source source, Result<std::optional<IndexScan>> indexed)
      : file_(file), source_(std::move(source)), indexed_(std::move(indexed)) {}

  Result<MediaInfo> run() {
    info_.container = source_.context()->iformat->name;
    info_.file_bytes = source_.file_bytes();
    promised_us_ =
        source_.context()->duration_estimation_method == AVFMT_DURATION_FROM_STREAM && source_.context()->duration > 0
            ? source_.context()->duration
            : 0;
    SWARMA_CHECK(choose_streams());
    SWARMA_CHECK(check_index());
    SWARMA_TRY(Scan scan, scan_file());
    SWARMA_CHECK(measure(scan));
    SWARMA_CHECK(judge_looks());
    judge_copy(scan);
    return std::move(info_);
  }

 private:
  Result<void> choose_streams() {
    AVFormatContext& context = *source_.context();
    if (is_text_format(context) && context.nb_streams > 0)
      return fail(ErrorCode::Unsupported, "not_media", "The file is text, not a film.");
    if (is_picture_format(context))
      return fail(ErrorCode::Unsupported, "still_image", "The file is a still image, not a film.");
    SWARMA_CHECK(choose_video());
    for (unsigned i = 0; i < context.nb_streams; ++i) choose_other(*context.streams[i]);
    kept_.push_back(info_.video.stream_index);
    for (const AudioStream& a : info_.audio) kept_.push_back(a.stream_index);
    for (const CaptionStream& c : info_.captions) kept_.push_back(c.stream_index);
    for (int index : kept_)
      if (is_encrypted(*source_.stream(index))) return encrypted();
    return {};
  }

  static std::unexpected<Error> encrypted() {
    return fail(ErrorCode::Unsupported, "encrypted_source",
                "The film is encrypted (copy protection). Only its rights holder can make a plain copy to publish.");
  }

  Result<void> choose_video() {
    const AVStream* best = find_video(*source_.context());
    if (!best)
      return fail(ErrorCode::Unsupported, "no_video",
                  fmt::format("The file has no video. It holds: {}.", found_streams(*source_.context())));
    if (best->codecpar->width > kMaxSide || best->codecpar->height > kMaxSide)
      return fail(ErrorCode::Unsupported, "too_large_picture",
                  fmt::format("The picture is {}×{}; at most {} each way can be handled.", best->codecpar->width,
                              best->codecpar->height, kMaxSide));
    info_.video = describe_video(*best);
    if (std::string why = why_dolby_vision_forbids(*best); !why.empty())
      return fail(ErrorCode::Unsupported, "dolby_vision", std::move(why));
    return {};
  }

  void choose_other(const AVStream& stream) {
    const AVCodecParameters& p = *stream.codecpar;
    std::string codec = avcodec_get_name(p.codec_id);
    if (p.codec_type == AVMEDIA_TYPE_VIDEO && stream.index != info_.video.stream_index && !is_cover_picture(stream)) {
      info_.notes.push_back(fmt::format("A further video stream ({}, {}×{}) is left out: the largest picture is kept.",
                                        codec, p.width, p.height));
    } else if (p.codec_type == AVMEDIA_TYPE_AUDIO) {
      choose_audio(stream, codec);
    } else if (p.codec_type == AVMEDIA_TYPE_SUBTITLE) {
      CaptionStream captions = describe_captions(stream);
      if (!is_text_caption(p))
        info_.notes.push_back(
            fmt::format("The subtitles ({}, {}) are left out: they are pictures or of a kind that is not text.",
                        captions.language, codec));
      else if (info_.captions.size() >= kMaxCaptionStreams)
        info_.notes.push_back(fmt::format("Only the first {} caption streams are kept.", kMaxCaptionStreams));
      else
        info_.captions.push_back(std::move(captions));
    }
  }

  void choose_audio(const AVStream& stream, const std::string& codec) {
    AudioStream audio = describe_audio(stream);
    if (!avcodec_find_decoder(stream.codecpar->codec_id))
      info_.notes.push_back(
          fmt::format("The sound ({}, {}) is left out: there is no decoder for it.", audio.language, codec));
    else if (audio.channels <= 0 || audio.sample_rate <= 0)
      info_.notes.push_back(
          fmt::format("The sound ({}, {}) is left out: its header is damaged.", audio.language, codec));
    else if (info_.audio.size() >= kMaxAudioStreams)
      info_.notes.push_back(fmt::format("Only the first {} audio streams are kept.", kMaxAudioStreams));
    else
      info_.audio.push_back(std::move(audio));
  }

  std::unexpected<Error> truncated(std::int64_t have_us, std::int64_t promised_us) const {
    return fail(
        ErrorCode::Unsupported, "file_truncated",
        fmt::format("The file is cut off: its header promises {}, but the data ends at {}. Copy or download it again.",
                    clock(promised_us), clock(have_us)));
  }

  Result<void> check_index() const {
    if (!has_complete_index(source_)) return {};
    for (int index : kept_) {
      Truncation t;
      if (find_truncation(source_, index, t)) return truncated(t.have_us, t.promised_us);
    }
    return {};
  }

  Result<Scan> scan_file() {
    SWARMA_TRY(auto indexed, std::move(indexed_));
    if (indexed && indexed->video == info_.video.stream_index) return std::move(indexed->scan);
    return scan_packets(source_, info_.video.stream_index);
  }

  const StreamScan& of(const Scan& scan, int index) const { return scan.streams[static_cast<std::size_t>(index)]; }

  Result<void> measure(Scan& scan) {
    for (int index : kept_)
      if (of(scan, index).encrypted) return encrypted();
    const StreamScan& video = of(scan, info_.video.stream_index);
    if (scan.frames_us.empty())
      return fail(ErrorCode::Unsupported, "no_video",
                  "The file announces a video stream, but there is no picture in it.");
    if (scan.frames_us.size() == 1)
      return fail(ErrorCode::Unsupported, "still_image", "The file holds a single picture, not a film.");
    std::erase_if(info_.audio, [&](const AudioStream& a) {
      bool silent = of(scan, a.stream_index).packets == 0 || of(scan, a.stream_index).first_us == kNever;
      if (silent)
        info_.notes.push_back(fmt::format("The sound ({}, {}) is left out: it is empty.", a.language, a.codec));
      return silent;
    });
    std::int64_t start = video.first_us, end = video.end_us;
    for (const AudioStream& a : info_.audio) {
      start = std::min(start, of(scan, a.stream_index).first_us);
      end = std::max(end, of(scan, a.stream_index).end_us);
    }
    set_times(scan, start, end);
    if (!has_complete_index(source_) && promised_us_ > 0) {
      std::int64_t last = end;
      for (const StreamScan& s : scan.streams) last = std::max(last, s.end_us);
      if (promised_us_ - (last - start) > kToleratedShortfall && promised_us_ - last > kToleratedShortfall)
        return truncated(last - start, promised_us_);
    }
    if (info_.duration_ms > kMaxFilmMs)
      return fail(
          ErrorCode::Unsupported, "too_long",
          fmt::format("The film lasts {}; at most {} can be published.", clock(end - start), clock(kMaxFilmMs * 1000)));
    return {};
  }

  void set_times(Scan& scan, std::int64_t start, std::int64_t end) {
    info_.start_us = start;
    info_.video_end_us = video_end(scan) - start;
    info_.media_end_us = std::max(end - start, info_.video_end_us);
    std::int64_t last = info_.media_end_us;
    for (const CaptionStream& c : info_.captions)
      for (auto [from, to] : of(scan, c.stream_index).cues)
        if (from - start < info_.media_end_us)
          last = std::max(last, std::min(to - start, info_.media_end_us + kMaxCaptionOverhangMs * 1000));
    info_.duration_ms = (last + 500) / 1000;
    for (std::int64_t t : scan.keyframes_us) info_.keyframes_us.push_back(t - start);
    set_frame_rate(scan.frames_us);
    set_grid(scan.frames_us, start);
    std::int64_t seconds = std::max<std::int64_t>(1, info_.video_end_us / kSecond);
    info_.video.bit_rate = of(scan, info_.video.stream_index).bytes * 8 / seconds;
  }

  // Some containers do not say how long the last frame lasts.
  std::int64_t video_end(const Scan& scan) const {
    const auto& f = scan.frames_us;
    std::int64_t end = of(scan, info_.video.stream_index).end_us;
    return end > f.back() ? end : f.back() + (f.back() - f.front()) / static_cast<std::int64_t>(f.size() - 1);
  }

  void set_frame_rate(const std::vector<std::int64_t>& frames) {
    double span = static_cast<double>(frames.back() - frames.front());
    double average = span / static_cast<double>(frames.size() - 1);
    if (average <= 0) return;
    double measured = 1e6 / average;
    if (std::abs(measured - info_.video.frame_rate) > measured * 0.01) info_.video.frame_rate = measured;
    std::size_t uneven = 0;
    for (std::size_t i = 1; i < frames.size(); ++i) {
      double gap = static_cast<double>(frames[i] - frames[i - 1]);
      if (std::abs(gap - average) > std::max(average * 0.2, 2000.0)) ++uneven;
    }
    info_.video.variable_frame_rate = uneven * 50 > frames.size();  // more than two in a hundred
  }

  void set_grid(const std::vector<std::int64_t>& frames, std::int64_t start) {
    const auto step = static_cast<std::int64_t>(kSegmentSeconds * kSecond);
    std::int64_t half_frame = (frames.back() - frames.front()) / static_cast<std::int64_t>(frames.size() - 1) / 2;
    std::int64_t next = (frames.front() - start) / step * step + step;  // slot 0 holds the first picture
    for (std::int64_t t : frames) {
      if (t - start + half_frame < next) continue;
      info_.grid_us.push_back(t - start);
      next = (t - start + half_frame) / step * step + step;
    }
  }

  Result<void> judge_looks() {
    VideoStream& v = info_.video;
    if (v.dynamic_range != DynamicRange::Standard) {
      if (!can_tone_map())
        return fail(
            ErrorCode::Unavailable, "no_tone_mapping",
            "The film is HDR, and this machine's FFmpeg cannot convert it (it lacks zscale or tonemap). Publish "
            "it from another machine, or export it as SDR.");
      info_.notes.push_back(fmt::format("The picture is HDR ({}). It is converted to standard dynamic range (SDR).",
                                        name_of(v.dynamic_range)));
    }
    SWARMA_TRY(Source fresh,
               Source::open(file_, has_complete_index(source_) ? Source::Depth::Header : Source::Depth::Streams));
    SWARMA_CHECK(settle_interlacing(fresh, info_, v));
    if (v.interlaced) info_.notes.push_back("The picture is interlaced. It is converted to whole pictures.");
    return {};
  }

  void judge_copy(const Scan& scan) {
    VideoStream& v = info_.video;
    const StreamScan& s = of(scan, v.stream_index);
    v.why_not_copy = why_parameters_forbid_copy(*source_.stream(v.stream_index), v);
    if (v.why_not_copy.empty() && s.new_parameters)
      v.why_not_copy = "The video changes its parameters within the film.";
    if (v.why_not_copy.empty() && s.hidden_packets) v.why_not_copy = "An edit list hides a part of the video.";
    if (v.why_not_copy.empty()) v.why_not_copy = why_keyframes_forbid(scan);
    v.can_copy = v.why_not_copy.empty();
  }

  std::string why_keyframes_forbid(const Scan& scan) const {
    if (scan.keyframes_us.empty() || scan.keyframes_us.front() != scan.frames_us.front())
      return "The video does not begin with a keyframe that stands for itself (IDR).";
    std::int64_t gap = 0, previous = 0;
    for (std::int64_t t : info_.keyframes_us) gap = std::max(gap, t - previous), previous = t;
    gap = std::max(gap, info_.video_end_us - previous);
    if (gap <= kMaxCopiedGap) return "";
    return fmt::format(
        "Keyframes that can be started from are up to {:.1f} s apart; a copy needs one at least every {} s.",
        static_cast<double>(gap) / kSecond, kMaxCopiedGap / kSecond);
  }

  const std::filesystem::path& file_;
  Source source_;
  Result<std::optional<IndexScan>> indexed_;
  MediaInfo info_;
  std::vector<int> kept_;
  std::int64_t promised_us_ = 0;
};

}  // namespace

Result<MediaInfo> probe(const std::filesystem::path& file) {
  // Understanding the streams decodes a little, scanning walks the whole index: side by side.
  auto indexed = std::async(std::launch::async, [&file] { return scan_index(file); });
  SWARMA_TRY(Source source, Source::open(file, Source::Depth::Streams));
  return Prober(file, std::move(source), indexed.get()).run();
}

}  // namespace swarma::content::media
