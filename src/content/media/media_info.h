// What probe() finds in a film. Values only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "content/media/timeline.h"
#include "title/title_details.h"

namespace swarma::content::media {

/// How stored pictures become upright: mirrored left and right first, then turned.
struct Orientation {
  int rotation = 0;  // clockwise degrees: 0, 90, 180, 270
  bool mirrored = false;
  bool upright() const { return rotation == 0 && !mirrored; }
  bool swaps_sides() const { return rotation % 180 != 0; }
  bool operator==(const Orientation&) const = default;
};

/// Which field of an interlaced film comes first: as each picture is marked, or the same for all, unmarked ones.
enum class FieldOrder { AsMarked, TopFirst, BottomFirst };

enum class DynamicRange { Standard, Pq, Hlg };

struct VideoStream {
  int stream_index = -1;
  std::string codec;             // FFmpeg name: "h264", "hevc", …
  int width = 0, height = 0;     // as displayed: upright, before sample aspect ratio
  Orientation orientation;       // what the source asks for
  int sar_num = 1, sar_den = 1;  // sample aspect ratio of the upright picture
  double frame_rate = 0;         // average
  bool variable_frame_rate = false;
  bool interlaced = false;  // as the stream says, or the pictures at several places of it
  FieldOrder field_order = FieldOrder::AsMarked;
  DynamicRange dynamic_range = DynamicRange::Standard;
  bool decode_times_only = false;  // the container does not say when pictures are shown (AVI)
  std::int64_t bit_rate = 0;
  bool can_copy = false;     // H.264 8-bit 4:2:0 progressive, upright, SDR, with keyframes often enough to cut at
  std::string why_not_copy;  // sentence, empty when can_copy
};

struct AudioStream {
  int stream_index = -1;
  std::string codec;
  std::string language;  // BCP 47 ("de", "und"), mapped from ISO 639-2
  std::string title;
  int channels = 0;
  int sample_rate = 0;
  bool can_copy = false;  // AAC-LC that a browser plays
  title::TrackMarks marks = {};
};

struct CaptionStream {
  int stream_index = -1;
  std::string codec;
  std::string language;
  std::string title;
  title::TrackMarks marks = {};
  std::string encoding = {};  // of text that is not UTF-8, as its language and bytes suggest
};

struct MediaInfo {
  std::string container;
  /// End of the last picture or sound that is kept, measured from the first. Captions end with it at the latest.
  std::int64_t duration_ms = 0;
  std::uint64_t file_bytes = 0;
  VideoStream video;  // the best one
  std::vector<AudioStream> audio;
  std::vector<CaptionStream> captions;  // text only
  std::vector<title::Chapter> chapters;
  std::vector<std::string> notes;  // what cannot be kept and why, in sentences (bitmap subtitles, second video …)
  /// Presentation times from the start of the film. The film starts with its first heard or seen sample.
  std::vector<std::int64_t> keyframes_us;  // needed to cut copies
  std::vector<std::int64_t> grid_us;       // frames about kSegmentSeconds apart: where encodes are cut
  std::int64_t last_picture_us = 0;        // when the last picture is first seen
  std::int64_t video_end_us = 0;           // end of the last picture
  std::int64_t media_end_us = 0;           // end of the last picture or sound
  std::int64_t start_us = 0;               // the film's start on the source's own clock
  Timeline timeline;                       // when that clock restarts or jumps: how it is made continuous
};

}  // namespace swarma::content::media
