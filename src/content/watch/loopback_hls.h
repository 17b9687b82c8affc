// Plain HLS on this machine for any player: playlists with readable names, segments decrypted as they are asked for.
// It listens on 127.0.0.1, and the path holds a random token, so that other users of this machine and pages in its
// browsers cannot guess it.
#pragma once

#include <memory>
#include <string>

#include "content/watch/quality.h"
#include "content/watch/segment_reader.h"

namespace swarma::content::watch {

struct LoopbackOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;               // 0: any free port
  std::string quality;                  // empty: every rendition whose keys are there; else as in Quality
  SlotRange range{0, 0};                // what the unlock can open at all; empty: the whole film
  std::size_t cache_bytes = 64u << 20;  // of decrypted segments in memory
};

class LoopbackHls {
 public:
  /// Binds; `reader` must outlive it.
  static Result<std::unique_ptr<LoopbackHls>> create(SegmentReader& reader, const LoopbackOptions& options);
  virtual ~LoopbackHls() = default;
  /// http://127.0.0.1:<port>/<token>/film.m3u8
  virtual std::string url() const = 0;
  virtual void run() = 0;   // blocks until stop()
  virtual void stop() = 0;  // from any thread
  /// The sentence with which the last request for a segment was refused; empty if none was.
  virtual std::string last_refusal() const = 0;
};

}  // namespace swarma::content::watch
