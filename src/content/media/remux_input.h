// The tracks that go into a remuxed file, each as a stream of packets in film time. Internal: included by .cpp files of
// this folder only.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "content/media/captions.h"
#include "content/media/ffmpeg.h"

namespace swarma::content::media {

class PacketSource {
 public:
  virtual ~PacketSource() = default;
  virtual const AVCodecParameters& parameters() const = 0;
  virtual AVRational time_base() const = 0;
  /// How long the last sample of the track lasts, once it has been read; 0: unknown.
  virtual std::int64_t last_duration() const { return 0; }
  /// Null at the end.
  virtual Result<ff::Packet> next() = 0;
};

/// Pulls init and segments through `next` as they are needed; holds one at a time.
Result<std::unique_ptr<PacketSource>> open_fragments(std::function<Result<Bytes>()> next);

/// The duration of the last sample of a segment (moof + mdat), 0 if it does not say.
std::int64_t last_sample_duration(ByteView segment);

/// mov_text: gaps are empty samples, cues that overlap are shown together.
std::unique_ptr<PacketSource> make_text_source(const std::vector<Cue>& cues);

}  // namespace swarma::content::media
