// Caption tracks of a package: cues from the film's own streams or from files beside it, cut into WebVTT segments.
// Internal: included by .cpp files of this folder only.
#pragma once

#include "content/media/captions.h"
#include "content/media/ffmpeg.h"
#include "content/media/stage.h"

namespace swarma::content::media {

class CaptionTrack {
 public:
  CaptionTrack(Job& job, std::size_t track) : job_(job), track_(track) {}

  /// A packet of the embedded stream.
  Result<void> take(const AVPacket& packet, const AVStream& stream);
  /// Reads the sidecar, if the track has one, and writes every segment.
  Result<void> end();

 private:
  Job& job_;
  const std::size_t track_;
  std::vector<Cue> cues_;
};

/// The cue in a packet of a text subtitle stream, times in the stream's clock; no text: nothing to show.
Cue read_cue(const AVPacket& packet, const AVStream& stream);

}  // namespace swarma::content::media
