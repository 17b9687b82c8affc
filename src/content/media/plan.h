// The plan of a package: which renditions, which tracks, where to cut. Pure: decided from MediaInfo alone, so that a
// rerun makes the same plan.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/ids.h"
#include "content/media/ladder.h"
#include "content/media/media_info.h"
#include "title/title_details.h"

namespace swarma::content::media {

inline constexpr double kSegmentSeconds = 4.0;
inline constexpr std::int64_t kLongestSlotUs = 12'000'000;

struct SidecarCaptions {
  std::string language;        // BCP 47
  std::filesystem::path file;  // SRT or VTT
  std::string encoding = {};   // as its creator named it; empty: to be found out
  title::TrackMarks marks = {};
  /// "ru=film.srt", "en:sdh=film.srt", "ru:koi8-r:forced=film.srt": a language, then any of forced, sdh, commentary,
  /// default and the name of an encoding, then the file. BadRequest ("usage") with a sentence.
  static Result<SidecarCaptions> parse(std::string_view text);
};

/// Reads every file: what cannot be captions is refused ("bad_captions" and the like), an encoding that nobody named is
/// settled, and a sentence about it added to `notes`. To be called once, before make_plan.
Result<void> settle_sidecars(std::vector<SidecarCaptions>& sidecars, std::vector<std::string>& notes);

/// One track to make. `kind`, sizes and `copy` are final; `name` is unique among tracks of a kind.
struct TrackPlan {
  title::TrackKind kind = title::TrackKind::Video;
  std::string key;  // stable across reruns: "v720", "a1-en", "a1-en-surround", "c-de", "storyboard"
  std::string name;
  std::string language;
  std::string key_group;   // "sd": short side <= 480, sound, captions, storyboard; "hd": the rest
  int source_stream = -1;  // -1: sidecar
  std::filesystem::path sidecar;
  std::string encoding = {};  // of captions, when they are not UTF-8
  title::TrackMarks marks = {};
  bool copy = false;
  int width = 0, height = 0;
  int channels = 0;
  int crf = 0;
  std::int64_t max_bit_rate = 0, audio_bit_rate = 0;
};

struct PackagePlan {
  std::vector<TrackPlan> tracks;
  /// slots + 1 presentation times in µs from the start of the film: slot n is [cuts[n], cuts[n+1]). Every cut of a
  /// copied rendition is a keyframe of the source; encoded ones force keyframes there, and repeat the picture where it
  /// stays. The last slot ends with the film. No slot is longer than kLongestSlotUs.
  std::vector<std::int64_t> cuts_us;
  Slot slots() const { return static_cast<Slot>(cuts_us.size() - 1); }
};

/// Unsupported ("cannot_copy") with the reason when Copy was asked for and the video does not allow it.
Result<PackagePlan> make_plan(const MediaInfo& info, const LadderChoice& ladder,
                              const std::vector<SidecarCaptions>& sidecars);

}  // namespace swarma::content::media
