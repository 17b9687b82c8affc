#include "content/media/probe.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <future>
#include <optional>
#include <set>

#include "content/media/captions.h"
#include "content/media/choose_video.h"
#include "content/media/colours.h"
#include "content/media/field_sample.h"
#include "content/media/plan.h"
#include "content/media/probe_streams.h"
#include "content/media/scan.h"
#include "content/media/sound_sample.h"

namespace swarma::content::media {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
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

/// What a complete index says of all packets; nothing for a file without one.
Result<std::optional<Scan>> scan_index(const Film& film) {
  SWARMA_TRY(Demuxer source, Demuxer::open(film, Demuxer::Depth::Header));
  if (find_videos(*source.context()).empty() || !has_complete_index(source)) return std::nullopt;
  SWARMA_TRY(Scan scan, scan_packets(source));
  return scan;
}

// One look at a file: the steps share what they found.
class Prober {
 public:
  Prober(Demuxer source, Result<std::optional<Scan>> indexed, const ProbeOptions& options)
      : source_(std::move(source)), indexed_(std::move(indexed)), options_(options) {}

  Result<MediaInfo> run() {
    info_.container = source_.context()->iformat->name;
    info_.file_bytes = source_.film().bytes();
    promised_us_ =
        source_.context()->duration_estimation_method == AVFMT_DURATION_FROM_STREAM && source_.context()->duration > 0
            ? source_.context()->duration
            : 0;
    SWARMA_RETURN_IF_ERROR(check_kind());
    SWARMA_TRY(Scan scan, scan_file());
    SWARMA_RETURN_IF_ERROR(choose_streams(scan));
    SWARMA_RETURN_IF_ERROR(check_index());
    SWARMA_RETURN_IF_ERROR(measure(scan));
    SWARMA_RETURN_IF_ERROR(judge_sounds());
    SWARMA_RETURN_IF_ERROR(judge_looks());
    judge_encodings(scan);
    judge_copy(scan);
    info_.chapters = describe_chapters(*source_.context(), info_.start_us, info_.duration_ms);
    return std::move(info_);
  }

 private:
  Result<void> check_kind() {
    const AVFormatContext& context = *source_.context();
    if (is_text_format(context) && context.nb_streams > 0)
      return fail(ErrorCode::Unsupported, "not_media", "The file is text, not a film.");
    if (is_picture_format(context))
      return fail(ErrorCode::Unsupported, "still_image", "The file is a still image, not a film.");
    if (find_videos(context).empty())
      return fail(ErrorCode::Unsupported, "no_video",
                  fmt::format("The file has no video. It holds: {}.", found_streams(context)));
    return {};
  }

  Result<void> choose_streams(const Scan& scan) {
    const AVFormatContext& context = *source_.context();
    const AVStream& video = *choose_video(context, scan);
    if (video.codecpar->width > kMaxSide || video.codecpar->height > kMaxSide)
      return fail(ErrorCode::Unsupported, "too_large_picture",
                  fmt::format("The picture is {}×{}; at most {} each way can be handled.", video.codecpar->width,
                              video.codecpar->height, kMaxSide));
    info_.video = describe_video(video);
    if (std::string why = why_dolby_vision_forbids(video); !why.empty())
      return fail(ErrorCode::Unsupported, "dolby_vision", std::move(why));
    const AVProgram* programme = find_programme(context, video.index);
    if (programme) note_programmes(context, *programme);
    // Reading the file may have added streams, which were not scanned (check_late_streams).
    for (unsigned i = 0; i < scan.streams.size(); ++i)
      if (!programme || holds(*programme, static_cast<int>(i))) choose_other(*context.streams[i], scan);
    kept_.push_back(info_.video.stream_index);
    for (const AudioStream& a : info_.audio) kept_.push_back(a.stream_index);
    for (const CaptionStream& c : info_.captions) kept_.push_back(c.stream_index);
    for (int index : kept_)
      if (is_encrypted(*source_.stream(index))) return encrypted();
    return {};
  }

  void note_programmes(const AVFormatContext& context, const AVProgram& kept) {
    std::string others;
    for (unsigned i = 0; i < context.nb_programs; ++i)
      if (context.programs[i] != &kept && context.programs[i]->nb_stream_indexes > 0)
        others += (others.empty() ? "" : ", ") + programme_name(*context.programs[i]);
    if (others.empty()) return;
    info_.notes.push_back(
        fmt::format("The file holds {} programmes. Only {} is published, with its own sound and "
                    "captions; left out: {}.",
                    context.nb_programs, programme_name(kept), others));
  }

  static std::unexpected<Error> encrypted() {
    return fail(ErrorCode::Unsupported, "encrypted_source",
                "The film is encrypted (copy protection). Only its rights holder can make a plain copy to publish.");
  }

  void choose_other(const AVStream& stream, const Scan& scan) {
    const AVCodecParameters& p = *stream.codecpar;
    std::string codec = avcodec_get_name(p.codec_id);
    if (p.codec_type == AVMEDIA_TYPE_VIDEO && stream.index != info_.video.stream_index && !is_cover_picture(stream)) {
      const bool picture = of(scan, stream.index).frames_us.size() <= 1;
      info_.notes.push_back(fmt::format("{} ({}, {}×{}) is left out: {}.",
                                        picture ? "A single picture" : "A further video stream", codec, p.width,
                                        p.height, picture ? "it is a cover, not a film" : "only one is kept"));
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
    else {
      if (audio.channels > 8 && stream.codecpar->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
        info_.notes.push_back(fmt::format(
            "The sound ({}, {}) has {} channels and does not say where they belong: the first {} are taken for {}.",
            audio.language, codec, audio.channels, audio.channels >= 12 ? 8 : 6, audio.channels >= 12 ? "7.1" : "5.1"));
      info_.audio.push_back(std::move(audio));
    }
  }

  std::unexpected<Error> truncated(std::int64_t have_us, std::int64_t promised_us) const {
    return fail(
        ErrorCode::Unsupported, "file_truncated",
        fmt::format("The file is cut off: its header promises {}, but the data ends at {}. Copy or download it again.",
                    clock(promised_us), clock(have_us)));
  }

  Result<void> check_index() const {
    if (!has_complete_index(source_) || options_.so_far) return {};
    for (int index : kept_) {
      Truncation t;
      if (find_truncation(source_, index, t)) return truncated(t.have_us, t.promised_us);
    }
    return {};
  }

  Result<Scan> scan_file() {
    SWARMA_TRY(auto indexed, std::move(indexed_));
    if (indexed) return *std::move(indexed);
    return scan_packets(source_);
  }

  const StreamScan& of(const Scan& scan, int index) const { return scan.streams.at(static_cast<std::size_t>(index)); }

  Result<void> measure(Scan& scan) {
    for (int index : kept_)
      if (of(scan, index).encrypted) return encrypted();
    const StreamScan& video = of(scan, info_.video.stream_index);
    if (video.frames_us.empty())
      return fail(ErrorCode::Unsupported, "no_video",
                  "The file announces a video stream, but there is no picture in it.");
    if (video.frames_us.size() == 1)
      return fail(ErrorCode::Unsupported, "still_image", "The file holds a single picture, not a film.");
    std::erase_if(info_.audio, [&](const AudioStream& a) {
      bool silent = of(scan, a.stream_index).packets == 0 || of(scan, a.stream_index).first_us == kNever;
      if (silent)
        info_.notes.push_back(fmt::format("The sound ({}, {}) is left out: it is empty.", a.language, a.codec));
      return silent;
    });
    SWARMA_RETURN_IF_ERROR(check_late_streams(scan));
    std::int64_t start = video.first_us, end = video_end(video);
    for (const AudioStream& a : info_.audio) {
      start = std::min(start, of(scan, a.stream_index).first_us);
      end = std::max(end, of(scan, a.stream_index).end_us);
    }
    std::int64_t picture_end = video_end(video);
    if (!has_complete_index(source_) && promised_us_ > 0 && !options_.so_far) {
      std::int64_t last = end;
      for (const StreamScan& s : scan.streams) last = std::max(last, s.end_us);
      if (promised_us_ - (last - start) > kToleratedShortfall && promised_us_ - last > kToleratedShortfall) {
        if (!is_whole_matroska(source_)) return truncated(last - start, promised_us_);
        picture_end = promised_us_;  // nothing is missing: the last picture stays
      }
    }
    set_times(scan, start, picture_end, std::max(end, picture_end));
    if (info_.duration_ms > kMaxFilmMs)
      return fail(
          ErrorCode::Unsupported, "too_long",
          fmt::format("The film lasts {}; at most {} can be published.", clock(end - start), clock(kMaxFilmMs * 1000)));
    return {};
  }

  /// Where a file goes on in streams that it did not announce, the film must not end without a word.
  Result<void> check_late_streams(const Scan& scan) {
    bool noted = false;
    for (const LateStream& late : scan.late) {
      if (late.type == AVMEDIA_TYPE_VIDEO && late.first_position > of(scan, info_.video.stream_index).last_position)
        return fail(ErrorCode::Unsupported, "streams_change",
                    "In the middle of the file the film goes on in another video stream: recordings of different kinds "
                    "were joined. Publish the parts one by one, or join them with an editor.");
      if (late.type != AVMEDIA_TYPE_VIDEO && late.type != AVMEDIA_TYPE_AUDIO) continue;
      if (!std::exchange(noted, true))
        info_.notes.push_back("Streams that begin in the middle of the file are left out.");
    }
    return {};
  }

  void set_times(const Scan& scan, std::int64_t start, std::int64_t picture_end, std::int64_t end) {
    const StreamScan& video = of(scan, info_.video.stream_index);
    info_.start_us = start;
    info_.timeline = scan.timeline;
    info_.last_picture_us = video.frames_us.back() - start;
    info_.video_end_us = picture_end - start;
    info_.media_end_us = end - start;
    info_.duration_ms = (info_.media_end_us + 500) / 1000;
    for (std::int64_t t : video.keyframes_us) info_.keyframes_us.push_back(t - start);
    set_frame_rate(video.frames_us);
    set_grid(video.frames_us, start);
    std::int64_t seconds = std::max<std::int64_t>(1, info_.video_end_us / kSecond);
    info_.video.bit_rate = video.bytes * 8 / seconds;
    info_.video.decode_times_only = !video.shown_known;
    if (!scan.jumps.empty()) note_jumps(scan.jumps[static_cast<std::size_t>(info_.video.stream_index)]);
    if (!video.shapes_us.empty())
      info_.notes.push_back(fmt::format("The picture changes its size at {}; it is scaled to one size throughout.",
                                        clock(video.shapes_us.front() - start)));
  }

  void note_jumps(const std::vector<ClockJump>& jumps) {
    if (jumps.empty()) return;
    const ClockJump& first = jumps.front();
    const std::int64_t at = first.at_us - info_.start_us + kSecond / 2;
    std::string note =
        fmt::format("The recording's clock {} by {} at {}", first.by_us < 0 ? "goes back" : "jumps forward",
                    clock(std::abs(first.by_us)), clock(at));
    if (jumps.size() > 1)
      note += fmt::format(", and at {} more place{}", jumps.size() - 1, jumps.size() > 2 ? "s" : "");
    info_.notes.push_back(note + ". The parts are joined without a gap.");
  }

  // Some containers do not say how long the last frame lasts.
  static std::int64_t video_end(const StreamScan& video) {
    const auto& f = video.frames_us;
    if (video.end_us > f.back()) return video.end_us;
    return f.back() + (f.back() - f.front()) / static_cast<std::int64_t>(f.size() - 1);
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

  Result<Demuxer> open_for_samples() const {
    return Demuxer::open(source_.film(),
                         has_complete_index(source_) ? Demuxer::Depth::Header : Demuxer::Depth::Streams);
  }

  Result<void> judge_sounds() {
    if (info_.audio.empty()) return {};
    SWARMA_TRY(Demuxer fresh, open_for_samples());
    SWARMA_TRY(const std::set<int> bad, find_undecodable(fresh, info_.audio));
    std::erase_if(info_.audio, [&](const AudioStream& a) {
      if (!bad.contains(a.stream_index)) return false;
      info_.notes.push_back(fmt::format("The sound ({}, {}) is left out: it cannot be decoded.", a.language, a.codec));
      return true;
    });
    return {};
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
    SWARMA_TRY(Demuxer fresh, open_for_samples());
    SWARMA_RETURN_IF_ERROR(settle_interlacing(fresh, info_, v));
    if (v.interlaced) info_.notes.push_back("The picture is interlaced. It is converted to whole pictures.");
    return {};
  }

  void judge_encodings(const Scan& scan) {
    for (CaptionStream& c : info_.captions) {
      const std::string& text = of(scan, c.stream_index).foreign_text;
      if (text.empty()) continue;
      const auto decoded = decode_text(view(text), {c.language, ""});
      if (!decoded || decoded->assumed.empty()) continue;
      c.encoding = decoded->assumed;
      info_.notes.push_back(
          encoding_note(fmt::format("The captions in the film ({})", c.language), c.encoding, decoded->sure));
    }
  }

  void judge_copy(const Scan& scan) {
    VideoStream& v = info_.video;
    const StreamScan& s = of(scan, v.stream_index);
    v.why_not_copy = why_parameters_forbid_copy(*source_.stream(v.stream_index), v);
    if (v.why_not_copy.empty() && s.new_parameters)
      v.why_not_copy = "The video changes its parameters within the film.";
    if (v.why_not_copy.empty() && v.decode_times_only && source_.stream(v.stream_index)->codecpar->video_delay > 0)
      v.why_not_copy = "The container does not tell in which order the pictures are shown.";
    if (v.why_not_copy.empty() && !s.shapes_us.empty())
      v.why_not_copy = "The size of the picture changes within the film.";
    if (v.why_not_copy.empty() && s.hidden_packets) v.why_not_copy = "An edit list hides a part of the video.";
    if (v.why_not_copy.empty()) v.why_not_copy = why_keyframes_forbid(s);
    v.can_copy = v.why_not_copy.empty();
  }

  std::string why_keyframes_forbid(const StreamScan& video) const {
    if (video.keyframes_us.empty() || video.keyframes_us.front() != video.frames_us.front())
      return "The video does not begin with a keyframe that stands for itself (IDR).";
    std::int64_t gap = 0, previous = 0;
    for (std::int64_t t : info_.keyframes_us) gap = std::max(gap, t - previous), previous = t;
    gap = std::max(gap, info_.video_end_us - previous);
    if (gap <= kLongestSlotUs && info_.media_end_us - previous > kLongestSlotUs)
      return fmt::format("The sound goes on for {} s after the last keyframe; a copy needs one at least every {} s.",
                         (info_.media_end_us - previous) / kSecond, kLongestSlotUs / kSecond);
    if (gap <= kLongestSlotUs) return "";
    return fmt::format(
        "Keyframes that can be started from are up to {:.1f} s apart; a copy needs one at least every {} s.",
        static_cast<double>(gap) / kSecond, kLongestSlotUs / kSecond);
  }

  Demuxer source_;
  Result<std::optional<Scan>> indexed_;
  ProbeOptions options_;
  MediaInfo info_;
  std::vector<int> kept_;
  std::int64_t promised_us_ = 0;
};

}  // namespace

Result<MediaInfo> probe(const Film& film, const ProbeOptions& options) {
  // Understanding the streams decodes a little, scanning walks the whole index: side by side.
  auto indexed = std::async(std::launch::async, [&film] { return scan_index(film); });
  SWARMA_TRY(Demuxer source, Demuxer::open(film, Demuxer::Depth::Streams));
  return Prober(std::move(source), indexed.get(), options).run();
}

}  // namespace swarma::content::media
