// Plain CMAF tracks back into one MP4 file, without re-encoding: what `swarma watch --output` writes.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "content/media/captions.h"
#include "title/title_details.h"

namespace swarma::content::media {

struct RemuxTrack {
  title::TrackKind kind = title::TrackKind::Video;  // Video, Audio or Captions
  std::string language;
  std::string name;
  title::TrackMarks marks = {};
  /// fMP4: the init segment, then each segment in order, then an empty view at the end. Called on the remuxing thread.
  std::function<Result<Bytes>()> next;
  std::vector<Cue> cues;  // Captions: as mov_text
};

/// Chapters of what is written, in film time; the last one ends with it.
struct RemuxChapters {
  std::vector<title::Chapter> chapters;
  std::int64_t end_ms = 0;
};

/// Writes to a temporary name and renames: `output` is complete or absent. Streams: memory does not grow with the film.
Result<void> remux_to_mp4(std::vector<RemuxTrack> tracks, const std::filesystem::path& output,
                          const std::function<void(double done_seconds)>& progress, const RemuxChapters& chapters = {});

}  // namespace swarma::content::media
