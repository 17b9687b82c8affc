// A title into one MP4 file, without re-encoding: the chosen video, every sound and caption track.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "content/watch/quality.h"
#include "content/watch/segment_reader.h"

namespace swarma::content::watch {

struct ExportOptions {
  std::filesystem::path output;
  Quality quality;
  SlotRange range{0, 0};  // what the unlock can open at all; empty: the whole film
};

struct ExportResult {
  SlotRange slots;        // what was written
  bool complete = false;  // the whole film
  std::int64_t duration_ms = 0;
  std::string video;  // name of the rendition
  std::string note;   // a sentence when it is not complete: where the grants end, and why
};

/// Writes the granted part: from the first slot whose keys are there to the first that no grant opens. Forbidden
/// ("slot_not_granted") when that is nothing. Trouble (network, tampering) is an error and leaves no file.
Result<ExportResult> export_mp4(SegmentReader& reader, const ExportOptions& options,
                                const std::function<void(double done_seconds, double total_seconds)>& progress);

}  // namespace swarma::content::watch
