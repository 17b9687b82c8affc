#include "content/media/caption_tracks.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/file.h"
#include "content/media/captions_markup.h"
#include "content/media/language.h"

namespace swarma::content::media {
namespace {

constexpr std::int64_t kDefaultMs = 4000;  // of a cue without an end
constexpr std::size_t kMaxPacket = 64 << 10;

std::string text_of_packet(const AVPacket& packet, AVCodecID codec, const TextHint& hint) {
  const std::string_view data = stored_text(
      {reinterpret_cast<const char*>(packet.data), static_cast<std::size_t>(std::max(packet.size, 0))}, codec);
  // Streams should hold UTF-8; what does not is read as a file would be.
  auto text = decode_text(view(data), hint);
  std::string utf8 = text ? std::move(text->text) : std::string();
  std::erase(utf8, '\r');
  if (codec == AV_CODEC_ID_ASS || codec == AV_CODEC_ID_SSA) return clean_ass_text(utf8);
  if (codec == AV_CODEC_ID_MOV_TEXT || codec == AV_CODEC_ID_TEXT) {
    // Not markup: the characters stand for themselves.
    std::string escaped;
    for (char c : utf8) escaped += c == '<' ? "&lt;" : c == '&' ? "&amp;" : std::string(1, c);
    utf8 = std::move(escaped);
  }
  return clean_cue_text(utf8);
}

std::string settings_of_packet(const AVPacket& packet) {
  std::size_t size = 0;
  const std::uint8_t* data = av_packet_get_side_data(&packet, AV_PKT_DATA_WEBVTT_SETTINGS, &size);
  return data ? clean_cue_settings({reinterpret_cast<const char*>(data), size}) : "";
}

}  // namespace

std::string_view stored_text(std::string_view data, AVCodecID codec) {
  data = data.substr(0, kMaxPacket);
  if (codec == AV_CODEC_ID_MOV_TEXT) {
    if (data.size() < 2) return {};
    std::size_t length = static_cast<std::uint8_t>(data[0]) << 8 | static_cast<std::uint8_t>(data[1]);
    data = data.substr(2, length);
  }
  if (codec == AV_CODEC_ID_ASS || codec == AV_CODEC_ID_SSA) {
    // Matroska: ReadOrder, Layer, Style, Name, MarginL, MarginR, MarginV, Effect, Text.
    for (int commas = 0; commas < 8; ++commas) {
      std::size_t comma = data.find(',');
      if (comma == std::string_view::npos) return {};
      data.remove_prefix(comma + 1);
    }
  }
  return data;
}

Cue read_cue(const AVPacket& packet, const AVStream& stream, const TextHint& hint) {
  Cue cue;
  std::int64_t pts = packet.pts != AV_NOPTS_VALUE ? packet.pts : packet.dts;
  if (pts == AV_NOPTS_VALUE) return cue;
  constexpr AVRational kMilli{1, 1000};
  cue.start_ms = av_rescale_q(pts, stream.time_base, kMilli);
  cue.end_ms =
      packet.duration > 0 ? av_rescale_q(pts + packet.duration, stream.time_base, kMilli) : cue.start_ms + kDefaultMs;
  cue.settings = settings_of_packet(packet);
  cue.text = text_of_packet(packet, stream.codecpar->codec_id, hint);
  return cue;
}

Result<void> CaptionTrack::take(const AVPacket& packet, const AVStream& stream) {
  const TrackPlan& plan = run_.plan.tracks[track_];
  Cue cue = read_cue(packet, stream, {plan.language, plan.encoding});
  std::int64_t start_ms = run_.info.start_us / 1000;
  cue.start_ms = std::max<std::int64_t>(0, cue.start_ms - start_ms);
  cue.end_ms -= start_ms;
  if (!cue.text.empty() && cue.end_ms > cue.start_ms && cues_.size() < kMaxCues) cues_.push_back(std::move(cue));
  return {};
}

Result<void> CaptionTrack::end() {
  const TrackPlan& plan = run_.plan.tracks[track_];
  if (!plan.sidecar.empty()) {
    SWARMA_TRY(Bytes bytes, read_file(plan.sidecar, kMaxCaptionBytes));
    auto cues = parse_captions(bytes, {plan.language, plan.encoding});
    if (!cues)
      return fail(cues.error().code, cues.error().reason,
                  fmt::format("{}: {}", plan.sidecar.filename().string(), cues.error().message));
    cues_ = *std::move(cues);
  }
  sort_cues(cues_);
  std::int64_t film_ms = run_.info.media_end_us / 1000;
  std::size_t beyond = std::erase_if(cues_, [&](const Cue& cue) { return cue.start_ms >= film_ms; });
  for (Cue& cue : cues_) cue.end_ms = std::min(cue.end_ms, film_ms);
  const auto& cuts = run_.plan.cuts_us;
  for (Slot slot = 0; slot < run_.plan.slots() && !run_.stopped(); ++slot) {
    std::int64_t start = cuts[slot], end = cuts[slot + 1];
    std::string text = write_vtt_segment(cues_, start / 1000, end / 1000);
    SWARMA_RETURN_IF_ERROR(run_.sink.on_segment(track_, slot, static_cast<double>(end - start) / 1e6, to_bytes(text)));
  }
  run_.set_done(track_, cuts.back());
  TrackFacts facts;
  if (beyond > 0)
    facts.note = fmt::format("{} caption{} ({}) after the film's end {} left out.", beyond, beyond == 1 ? "" : "s",
                             plan.language, beyond == 1 ? "is" : "are");
  return run_.sink.on_track_end(track_, facts);
}

Result<void> settle_sidecars(std::vector<SidecarCaptions>& sidecars, std::vector<std::string>& notes) {
  for (SidecarCaptions& sidecar : sidecars) {
    SWARMA_TRY(const Bytes bytes, read_file(sidecar.file, kMaxCaptionBytes));
    const std::string name = sidecar.file.filename().string();
    const TextHint hint{to_bcp47(sidecar.language), sidecar.encoding};
    const auto wrong = [&](const Error& error) {
      return fail(error.code, error.reason,
                  fmt::format("The captions {} ({}): {}", name, sidecar.language, error.message));
    };
    const auto decoded = decode_text(bytes, hint);
    if (!decoded) return wrong(decoded.error());
    if (const auto cues = parse_captions(bytes, hint); !cues) return wrong(cues.error());
    if (decoded->assumed.empty()) continue;
    sidecar.encoding = decoded->assumed;
    notes.push_back(
        encoding_note(fmt::format("The captions {} ({})", name, sidecar.language), decoded->assumed, decoded->sure));
  }
  return {};
}

}  // namespace swarma::content::media
