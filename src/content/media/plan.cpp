#include "content/media/plan.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>

#include "content/media/language.h"
#include "content/media/track_names.h"

namespace swarma::content::media {
namespace {

using title::TrackKind;

constexpr std::int64_t kSlot = static_cast<std::int64_t>(kSegmentSeconds * 1'000'000);
constexpr std::int64_t kShortestSlot = 1'000'000;
constexpr int kCrf = 21;
constexpr std::int64_t kMonoBitRate = 96'000, kStereoBitRate = 160'000, kSurroundBitRate = 384'000;
constexpr int kSdSide = 480;
constexpr int kTileSide = 160;
constexpr double kSaneCopy = 2.0;  // a source of more than this times an encode's cap is encoded instead

std::string group(int short_side) {
  return short_side <= kSdSide ? "sd" : "hd";
}

// `name`, or "name 2", "name 3" … when it is taken.
std::string unique(std::set<std::string>& taken, const std::string& name, std::string_view separator) {
  std::string candidate = name;
  for (int n = 2; !taken.insert(candidate).second; ++n) candidate = fmt::format("{}{}{}", name, separator, n);
  return candidate;
}

// Keyframes nearest to a slot's length apart; the film's end counts as one. The first keyframe is in slot 0, however
// late it comes.
std::vector<std::int64_t> keyframe_cuts(const MediaInfo& info) {
  std::vector<std::int64_t> cuts{0};
  const auto& keys = info.keyframes_us;
  for (std::size_t i = 1; i < keys.size();) {
    std::int64_t ideal = cuts.back() + kSlot;
    while (i < keys.size() && keys[i] < cuts.back() + kShortestSlot) ++i;
    if (i == keys.size()) break;
    while (i + 1 < keys.size() && std::abs(keys[i + 1] - ideal) <= std::abs(keys[i] - ideal)) ++i;
    if (std::abs(info.video_end_us - ideal) <= std::abs(keys[i] - ideal)) break;
    cuts.push_back(keys[i++]);
  }
  return cuts;
}

// Where a picture stays for long, it is cut between pictures: an encode shows it again.
std::vector<std::int64_t> split_long_slots(const std::vector<std::int64_t>& cuts) {
  std::vector<std::int64_t> out{cuts.front()};
  for (std::size_t i = 1; i < cuts.size(); ++i) {
    const std::int64_t begin = cuts[i - 1], length = cuts[i] - begin;
    const std::int64_t parts = length > kLongestSlotUs ? (length + kSlot - 1) / kSlot : 1;
    for (std::int64_t part = 1; part <= parts; ++part) out.push_back(begin + length * part / parts);
  }
  return out;
}

std::vector<std::int64_t> make_cuts(const MediaInfo& info, bool copied) {
  std::vector<std::int64_t> cuts{0};
  if (copied)
    cuts = keyframe_cuts(info);
  else
    cuts.insert(cuts.end(), info.grid_us.begin(), info.grid_us.end());
  const std::int64_t end = std::max(info.duration_ms * 1000, cuts.back() + 1);
  while (cuts.size() > 1 && info.video_end_us - cuts.back() < kShortestSlot &&
         end - cuts[cuts.size() - 2] <= kLongestSlotUs)
    cuts.pop_back();
  cuts.push_back(end);
  return copied ? cuts : split_long_slots(cuts);
}

class Planner {
 public:
  Planner(const MediaInfo& info, const LadderChoice& choice) : info_(info), choice_(choice) {}

  Result<PackagePlan> run(const std::vector<SidecarCaptions>& sidecars) {
    const VideoStream& v = info_.video;
    if (choice_.mode == LadderMode::Copy && !v.can_copy)
      return fail(
          ErrorCode::Unsupported, "cannot_copy",
          fmt::format("The video cannot be published without encoding it: {} Use --ladder auto.", v.why_not_copy));
    bool copied = add_videos();
    add_audios();
    const std::vector<CaptionStream> captions = with_one_default(info_);
    for (const CaptionStream& stream : captions) add_captions(stream, is_needed(stream, captions), {});
    for (const SidecarCaptions& sidecar : sidecars) {
      std::string language = to_bcp47(sidecar.language);
      if (language == "und" && sidecar.language != "und")
        return fail(ErrorCode::BadRequest, "bad_language",
                    fmt::format("“{}” is not a language; write a code such as en, de or pt-BR.", sidecar.language));
      add_captions(
          {.codec = {}, .language = language, .title = {}, .marks = sidecar.marks, .encoding = sidecar.encoding}, false,
          sidecar.file);
    }
    // A tile needs a decoded picture. A pure copy decodes nothing, and decoding for tiles alone would cost several
    // times the copy itself, so it has none.
    if (choice_.mode != LadderMode::Copy) add_storyboard();
    plan_.cuts_us = make_cuts(info_, copied);
    return std::move(plan_);
  }

 private:
  bool add_videos() {
    bool copied = false;
    for (const Rung& rung : make_ladder(info_.video, choice_)) {
      const VideoStream& v = info_.video;
      TrackPlan t;
      t.kind = TrackKind::Video;
      t.key = fmt::format("v{}", rung.short_side());
      t.name = fmt::format("{}p", rung.short_side());
      t.key_group = group(rung.short_side());
      t.source_stream = v.stream_index;
      t.width = rung.width, t.height = rung.height;
      t.max_bit_rate = max_bit_rate(rung, v.frame_rate);
      bool own_size = rung.width == v.width && rung.height == v.height;
      bool sane = static_cast<double>(v.bit_rate) <= kSaneCopy * static_cast<double>(t.max_bit_rate);
      t.copy = own_size && v.can_copy && (sane || choice_.mode == LadderMode::Copy);
      t.crf = t.copy ? 0 : kCrf;
      copied |= t.copy;
      plan_.tracks.push_back(std::move(t));
    }
    return copied;
  }

  void add_audios() {
    const std::vector<AudioStream> audios = with_one_default(info_.audio);
    int number = 0;
    for (const AudioStream& audio : audios) add_audio(audio, is_needed(audio, audios), ++number);
  }

  void add_audio(const AudioStream& audio, bool tell_apart, int number) {
    const Named named = name_of(audio, tell_apart, "Sound");
    std::string key = fmt::format("a{}-{}", number, audio.language);
    TrackPlan t;
    t.kind = TrackKind::Audio;
    t.language = audio.language;
    t.key_group = "sd";
    t.source_stream = audio.stream_index;
    t.marks = audio.marks;
    t.channels = std::min(audio.channels, 2);
    t.copy = audio.can_copy && audio.channels <= 2;
    t.audio_bit_rate = t.channels == 1 ? kMonoBitRate : kStereoBitRate;
    t.key = key;
    t.name = unique(audio_names_, named.with(""), " ");
    plan_.tracks.push_back(t);
    if (audio.channels <= 2) return;
    t.marks.is_default = false;  // who wants surround chooses it
    t.channels = 6;
    t.copy = audio.can_copy && audio.channels == 6;
    t.audio_bit_rate = kSurroundBitRate;
    t.key = key + "-surround";
    t.name = unique(audio_names_, named.with("5.1"), " ");
    plan_.tracks.push_back(std::move(t));
  }

  void add_captions(const CaptionStream& captions, bool tell_apart, const std::filesystem::path& file) {
    TrackPlan t;
    t.kind = TrackKind::Captions;
    t.language = captions.language;
    t.key_group = "sd";
    t.source_stream = captions.stream_index;
    t.sidecar = file;
    t.encoding = captions.encoding;
    t.marks = captions.marks;
    t.key = unique(caption_keys_, "c-" + captions.language, "-");
    t.name = unique(caption_names_, name_of(captions, tell_apart, "Captions").with(""), " ");
    plan_.tracks.push_back(std::move(t));
  }

  void add_storyboard() {
    const VideoStream& v = info_.video;
    double width = static_cast<double>(v.width) * v.sar_num / v.sar_den, height = v.height;
    double factor = kTileSide / std::max(width, height);
    auto even = [](double side) { return std::clamp(static_cast<int>(std::lround(side / 2)) * 2, 2, kTileSide); };
    TrackPlan t;
    t.kind = TrackKind::Storyboard;
    t.key = "storyboard", t.name = "Storyboard", t.key_group = "sd";
    t.source_stream = v.stream_index;
    t.width = even(width * factor), t.height = even(height * factor);
    plan_.tracks.push_back(std::move(t));
  }

  const MediaInfo& info_;
  const LadderChoice& choice_;
  PackagePlan plan_;
  std::set<std::string> audio_names_, caption_keys_, caption_names_;
};

}  // namespace

Result<PackagePlan> make_plan(const MediaInfo& info, const LadderChoice& ladder,
                              const std::vector<SidecarCaptions>& sidecars) {
  return Planner(info, ladder).run(sidecars);
}

}  // namespace swarma::content::media
