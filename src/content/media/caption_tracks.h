// Caption tracks of a package: cues from the film's own streams or from files beside it, cut into WebVTT segments.
// Internal: included by .cpp files of this folder only.
#pragma once

#include "content/media/captions.h"
#include "content/media/ffmpeg.h"
#include "content/media/stage.h"

namespace swarma::content::media {

class CaptionTrack {
 public:
  CaptionTrack(PackageRun& run, std::size_t track) : run_(run), track_(track) {}

  /// A packet of the embedded stream.
  Result<void> take(const AVPacket& packet, const AVStream& stream);
  /// Reads the sidecar, if the track has one, and writes every segment.
  Result<void> end();

 private:
  PackageRun& run_;
  const std::size_t track_;
  std::vector<Cue> cues_;
};

/// The cue in a packet of a text subtitle stream, times in the stream's clock; no text: nothing to show. `encoding` of
/// text that is not UTF-8; empty: to be found out from this text alone.
Cue read_cue(const AVPacket& packet, const AVStream& stream, const TextHint& hint);

/// The text of such a packet as it is stored, without what the codec puts around it.
std::string_view stored_text(std::string_view packet, AVCodecID codec);

}  // namespace swarma::content::media
