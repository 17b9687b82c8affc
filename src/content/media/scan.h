// One pass over all packets of a file, without decoding: when each stream really begins and ends, where the frames and
// the places to cut are, whether bytes are missing. Internal: included by .cpp files of this folder only.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "content/media/clock_watch.h"
#include "content/media/demuxer.h"

namespace swarma::content::media {

inline constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::min();

/// Times in µs of the source's own clock.
struct StreamScan {
  std::int64_t first_us = kNever;  // first sample that is heard or seen (after a decoder's priming)
  std::int64_t end_us = kNever;    // end of the last sample
  std::int64_t bytes = 0;
  std::int64_t packets = 0;
  std::int64_t last_duration = 0;   // in the stream's time base
  std::int64_t last_position = -1;  // in the file
  bool encrypted = false;
  bool shown_known = false;     // the container says of some packet when it is shown, not only when it is decoded
  bool new_parameters = false;  // the codec is set up anew within the stream
  bool hidden_packets = false;  // an edit list hides some of them
  std::vector<std::int64_t> frames_us;     // video: presentation times, sorted
  std::vector<std::int64_t> keyframes_us;  // sorted; of H.264 with length-prefixed units only IDR pictures
  std::vector<std::int64_t> shapes_us;     // where the size of the picture changes, as far as packets tell
  std::string foreign_text;                // text captions: what is not UTF-8, the beginning of it
};

/// A picture or sound that the file's beginning does not announce.
struct LateStream {
  AVMediaType type = AVMEDIA_TYPE_UNKNOWN;
  std::int64_t first_position = -1;  // in the file
};

struct Scan {
  std::vector<StreamScan> streams;  // by stream index
  std::vector<LateStream> late;
  Timeline timeline;                          // when the clock jumps: all times above are those of this timeline
  std::vector<std::vector<ClockJump>> jumps;  // by stream index
};

/// Where the sample index points beyond the file: the time that is there, and the time that was promised.
struct Truncation {
  std::int64_t have_us = 0, promised_us = 0;
};

/// True for an MP4 or MOV whose index lists every sample (no movie fragments).
bool has_complete_index(const Demuxer& source);

/// True for a Matroska or WebM file that ends where its header says: nothing was cut off.
bool is_whole_matroska(const Demuxer& source);

/// For a file with a complete index: the first sample of `stream_index` that is not in the file, if any.
bool find_truncation(const Demuxer& source, int stream_index, Truncation& found);

/// Reads `source` to its end.
Result<Scan> scan_packets(Demuxer& source);

}  // namespace swarma::content::media
