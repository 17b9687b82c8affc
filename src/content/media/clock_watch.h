// Finds where the clock of a recording restarts or jumps. Internal: included by .cpp files of this folder only.
//
// Transport and program streams carry a running clock, and files of them are joined byte for byte: behind a joint every
// stream's times start somewhere else. A joint shows in different packets of each stream, and packets from before it
// still come out behind it; the place of a packet in the file tells on which side it is. The streams of one programme
// share a clock, so they share its joints: sound and picture keep their distance.
#pragma once

#include <map>
#include <vector>

#include "content/media/demuxer.h"
#include "content/media/timeline.h"

namespace swarma::content::media {

/// A joint: where it is in the continuous time (µs of the source's first clock), and how far the clock goes there.
struct ClockJump {
  std::int64_t at_us = 0;
  std::int64_t by_us = 0;  // negative: back
};

class ClockWatch {
 public:
  explicit ClockWatch(const AVFormatContext& context);

  /// Every packet of every stream, in the order of the file.
  void take(const AVPacket& packet, const AVStream& stream);

  bool found_jumps() const;
  /// The parts one after the other: each begins where all that the part before holds has ended.
  Timeline timeline() const;
  /// Of the clock that `stream` goes by.
  std::vector<ClockJump> jumps_of(int stream) const;

 private:
  struct Span {
    std::int64_t first_us, end_us;
  };
  /// A stretch of one clock between two joints.
  struct Part {
    std::int64_t start_pos;  // in the file
    std::int64_t first_us;   // earliest time seen
    std::int64_t clock_us;   // latest time of decoding
    std::map<int, Span> spans;
  };
  struct Clock {
    std::vector<Part> parts;
    int streams = 0;  // of sound and picture
  };
  struct Follower {
    std::size_t clock = 0;
    bool drives = false;  // sound or picture: only these tell the time
    std::int64_t packets = 0;
    std::int64_t last_us = 0;
    std::int64_t step_us = 0;
    int part = -1;                                             // none yet
    std::vector<std::pair<std::int64_t, std::size_t>> pieces;  // first packet, part
  };

  bool has_jumped(const Clock& clock, const Follower& stream, int part, std::int64_t time) const;
  void enter(Follower& stream, int part);
  std::vector<std::int64_t> shifts_of(const Clock& clock) const;

  bool watches_ = false;
  std::vector<Clock> clocks_;
  std::vector<Follower> streams_;
};

}  // namespace swarma::content::media
