// The details blob: what the record names but what may grow. Canonical JSON, plain, at most 4 MiB.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/json.h"
#include "title/local_text.h"

namespace swarma::title {

inline constexpr std::size_t kMaxDetailsBytes = 4 << 20;
inline constexpr std::size_t kMaxTracks = 512;
inline constexpr std::size_t kMaxTrackIdBytes = 64;

enum class TrackKind { Video, Audio, Captions, Storyboard };
std::string_view to_string(TrackKind kind);  // "video", "audio", "captions", "storyboard"

/// What a sound or caption track is for, as its creator marked it.
struct TrackMarks {
  bool is_default = false;        // plays unless the viewer chooses another
  bool forced = false;            // captions: only what everybody needs (signs, foreign lines)
  bool hearing_impaired = false;  // captions that also say what is heard
  bool commentary = false;        // about the film, not of it
  bool described = false;         // sound that also says what is seen
  bool operator==(const TrackMarks&) const = default;
};

/// One encrypted time line: a media playlist whose n-th segment is slot n.
struct Track {
  std::string id;  // [a-z0-9-], unique in the revision and never used before for other bytes: "v720-3f9a1c…"
  TrackKind kind = TrackKind::Video;
  std::string key_group;
  BlobId playlist;            // media playlist blob
  std::string name;           // "720p", "English (5.1)", …
  std::string language;       // BCP 47, may be "und"
  std::string codecs;         // RFC 6381 of what was written; empty for captions and storyboard
  int width = 0, height = 0;  // video and storyboard, coded size
  double frame_rate = 0;      // nominal
  int channels = 0;
  std::int64_t bandwidth = 0;  // peak bits/s over any one segment
  std::int64_t average_bandwidth = 0;
  bool copied = false;     // remuxed from the source, not encoded
  std::int64_t bytes = 0;  // stored bytes of all segments
  TrackMarks marks = {};   // sound and captions
};

inline constexpr std::size_t kMaxChapters = 1'000;

/// A named place in the film. It lasts until the next one.
struct Chapter {
  std::int64_t start_ms = 0;
  std::string name;
};

struct TitleDetails {
  std::vector<Track> tracks;
  LocalTexts texts;                // further languages
  std::vector<Chapter> chapters;   // by start, each later than the one before; often none
  std::vector<std::string> notes;  // what publishing could not keep, in sentences ("The bitmap subtitles (eng) …")
};

/// BadRequest ("details_bad") for what parse_details would refuse.
Result<std::string> write_details(const TitleDetails& details);
/// Takes untrusted text. Corrupt ("details_bad") naming what is wrong; TooLarge ("details_too_large").
Result<TitleDetails> parse_details(std::string_view json);

}  // namespace swarma::title
