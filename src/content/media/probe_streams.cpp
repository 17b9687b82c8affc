#include "content/media/probe_streams.h"

#include <fmt/core.h>

#include <cmath>
#include <cstring>
#include <map>
#include <numbers>

#include "content/media/colours.h"
#include "content/media/language.h"
#include "title/checks.h"

namespace swarma::content::media {
namespace {

constexpr std::size_t kMaxTitle = 120;

std::string tag(const AVStream& stream, const char* name) {
  return stream_tag(stream.metadata, name);
}

// The matrix maps (x, y) to (a x + c y, b x + d y); a negative determinant mirrors. Mirroring first leaves a rotation.
Orientation orientation_of(const AVStream& stream) {
  std::size_t size = 0;
  const std::uint8_t* data = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
  std::int32_t matrix[9];
  if (!data || size < sizeof matrix) return {};
  std::memcpy(matrix, data, sizeof matrix);
  Orientation out;
  const double a = matrix[0], b = matrix[1], c = matrix[3], d = matrix[4];
  out.mirrored = a * d - b * c < 0;
  const double cosine = out.mirrored ? -a : a, sine = out.mirrored ? -b : b;
  if (cosine == 0 && sine == 0) return {};
  const int quarter = static_cast<int>(std::lround(std::atan2(sine, cosine) / (std::numbers::pi / 2)));
  out.rotation = (quarter + 4) % 4 * 90;
  return out;
}

std::string asks_for(const Orientation& orientation) {
  if (!orientation.mirrored) return fmt::format("rotated by {} degrees", orientation.rotation);
  return orientation.rotation == 0 ? "mirrored"
                                   : fmt::format("mirrored and rotated by {} degrees", orientation.rotation);
}

FieldOrder shown_first(AVFieldOrder order) {
  return order == AV_FIELD_BB || order == AV_FIELD_TB ? FieldOrder::BottomFirst : FieldOrder::TopFirst;
}

bool is_interlaced(AVFieldOrder order) {
  return order == AV_FIELD_TT || order == AV_FIELD_BB || order == AV_FIELD_TB || order == AV_FIELD_BT;
}

// ISO/IEC 14496-3 AudioSpecificConfig: object type 2 (LC), 1024 samples a frame, a standard channel layout.
bool is_plain_aac_lc(const AVCodecParameters& p) {
  if (p.codec_id != AV_CODEC_ID_AAC || p.extradata_size < 2) return false;
  unsigned bits = static_cast<unsigned>(p.extradata[0] << 8 | p.extradata[1]);
  unsigned object_type = bits >> 11, rate_index = bits >> 7 & 15, channels = bits >> 3 & 15,
           short_frames = bits >> 2 & 1;
  return object_type == 2 && rate_index < 13 && (channels == 1 || channels == 2 || channels == 6) && short_frames == 0;
}

title::TrackMarks marks_of(const AVStream& stream) {
  const auto marked = [&](int disposition) { return (stream.disposition & disposition) != 0; };
  return {.is_default = marked(AV_DISPOSITION_DEFAULT),
          .forced = marked(AV_DISPOSITION_FORCED),
          .hearing_impaired = marked(AV_DISPOSITION_HEARING_IMPAIRED | AV_DISPOSITION_CAPTIONS),
          .commentary = marked(AV_DISPOSITION_COMMENT),
          .described = marked(AV_DISPOSITION_VISUAL_IMPAIRED | AV_DISPOSITION_DESCRIPTIONS)};
}

}  // namespace

std::string stream_tag(const AVDictionary* metadata, const char* name) {
  const AVDictionaryEntry* entry = av_dict_get(metadata, name, nullptr, 0);
  std::string text = entry ? entry->value : "";
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  if (text.size() > kMaxTitle) {
    std::size_t end = kMaxTitle;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text.resize(end);
  }
  return text;
}

VideoStream describe_video(const AVStream& stream) {
  const AVCodecParameters& p = *stream.codecpar;
  VideoStream v;
  v.stream_index = stream.index;
  v.codec = avcodec_get_name(p.codec_id);
  v.orientation = orientation_of(stream);
  AVRational sar = ff::sane_ratio(stream.sample_aspect_ratio.num ? stream.sample_aspect_ratio : p.sample_aspect_ratio);
  v.width = p.width, v.height = p.height, v.sar_num = sar.num, v.sar_den = sar.den;
  if (v.orientation.swaps_sides()) std::swap(v.width, v.height), std::swap(v.sar_num, v.sar_den);
  v.frame_rate = stream.avg_frame_rate.den > 0 ? av_q2d(stream.avg_frame_rate) : 0;
  v.interlaced = is_interlaced(p.field_order);
  if (v.interlaced) v.field_order = shown_first(p.field_order);
  v.dynamic_range = dynamic_range_of(p.color_trc);
  return v;
}

AudioStream describe_audio(const AVStream& stream) {
  const AVCodecParameters& p = *stream.codecpar;
  AudioStream a;
  a.stream_index = stream.index;
  a.codec = avcodec_get_name(p.codec_id);
  a.language = to_bcp47(tag(stream, "language"));
  a.title = tag(stream, "title");
  a.channels = p.ch_layout.nb_channels;
  a.sample_rate = p.sample_rate;
  a.can_copy = is_plain_aac_lc(p);
  a.marks = marks_of(stream);
  return a;
}

CaptionStream describe_captions(const AVStream& stream) {
  return {stream.index, avcodec_get_name(stream.codecpar->codec_id), to_bcp47(tag(stream, "language")),
          tag(stream, "title"), marks_of(stream)};
}

std::vector<title::Chapter> describe_chapters(const AVFormatContext& context, std::int64_t start_us,
                                              std::int64_t duration_ms) {
  std::map<std::int64_t, std::string> by_start;
  for (unsigned i = 0; i < context.nb_chapters && by_start.size() < title::kMaxChapters; ++i) {
    const AVChapter& chapter = *context.chapters[i];
    const std::int64_t from = av_rescale_q(chapter.start, chapter.time_base, ff::kMicro) - start_us;
    const std::int64_t start_ms = std::max<std::int64_t>(0, (from + 500) / 1000);
    if (start_ms < duration_ms)
      by_start.emplace(start_ms,
                       title::clean_text(stream_tag(chapter.metadata, "title"), title::Lines::One, kMaxTitle));
  }
  std::vector<title::Chapter> out;
  for (auto& [start_ms, name] : by_start) {
    if (name.empty()) name = fmt::format("Chapter {}", out.size() + 1);
    out.push_back({start_ms, std::move(name)});
  }
  return out;
}

std::string why_parameters_forbid_copy(const AVStream& stream, const VideoStream& video) {
  const AVCodecParameters& p = *stream.codecpar;
  if (p.codec_id != AV_CODEC_ID_H264) return fmt::format("The video is {}, not H.264.", video.codec);
  if (p.extradata_size < 7 || p.extradata[0] != 1)
    return "The H.264 is packed for broadcasting, not for files (its parameter sets are not in the header).";
  if (p.format != AV_PIX_FMT_YUV420P && p.format != AV_PIX_FMT_YUVJ420P) {
    const char* name = av_get_pix_fmt_name(static_cast<AVPixelFormat>(p.format));
    return fmt::format("The video's pixels are {}, browsers play 8-bit 4:2:0.", name ? name : "of an unknown kind");
  }
  if (video.interlaced) return "The video is interlaced.";
  if (!video.orientation.upright()) return fmt::format("The video asks to be {}.", asks_for(video.orientation));
  if (video.dynamic_range != DynamicRange::Standard)
    return fmt::format("The video is HDR ({}), which H.264 players show wrong.", name_of(video.dynamic_range));
  if (p.width % 2 != 0 || p.height % 2 != 0) return "The video's size is odd.";
  return "";
}

std::string why_dolby_vision_forbids(const AVStream& stream) {
  std::size_t size = 0;
  const std::uint8_t* data = av_stream_get_side_data(&stream, AV_PKT_DATA_DOVI_CONF, &size);
  if (!data || size < sizeof(AVDOVIDecoderConfigurationRecord)) return "";
  AVDOVIDecoderConfigurationRecord record;
  std::memcpy(&record, data, sizeof record);
  if (record.bl_present_flag != 0 && record.dv_bl_signal_compatibility_id != 0) return "";
  return fmt::format(
      "The film is Dolby Vision profile {}: its colours can be read by Dolby Vision devices only, and would come out "
      "green and purple. Export it as HDR10, HLG, Dolby Vision profile 8, or SDR, and publish that.",
      record.dv_profile);
}

bool is_text_caption(const AVCodecParameters& p) {
  switch (p.codec_id) {
    case AV_CODEC_ID_SUBRIP:
    case AV_CODEC_ID_SRT:
    case AV_CODEC_ID_ASS:
    case AV_CODEC_ID_SSA:
    case AV_CODEC_ID_MOV_TEXT:
    case AV_CODEC_ID_WEBVTT:
    case AV_CODEC_ID_TEXT:
      return true;
    default:
      return false;
  }
}

bool is_cover_picture(const AVStream& stream) {
  return (stream.disposition & (AV_DISPOSITION_ATTACHED_PIC | AV_DISPOSITION_TIMED_THUMBNAILS)) != 0;
}

bool is_encrypted(const AVStream& stream) {
  switch (stream.codecpar->codec_tag) {
    case MKTAG('e', 'n', 'c', 'v'):
    case MKTAG('e', 'n', 'c', 'a'):
    case MKTAG('d', 'r', 'm', 'i'):
    case MKTAG('d', 'r', 'm', 's'):
      return true;
    default:
      break;
  }
  return av_stream_get_side_data(&stream, AV_PKT_DATA_ENCRYPTION_INIT_INFO, nullptr) != nullptr ||
         av_dict_get(stream.metadata, "enc_key_id", nullptr, 0) != nullptr;
}

}  // namespace swarma::content::media
