#include <fmt/core.h>

#include "content/media/captions.h"

namespace swarma::content::media {
namespace {

std::string time_text(std::int64_t ms) {
  return fmt::format("{:02}:{:02}:{:02}.{:03}", ms / 3'600'000, ms / 60'000 % 60, ms / 1000 % 60, ms % 1000);
}

void append(std::string& out, const Cue& cue) {
  out += fmt::format("{} --> {}{}{}\n{}\n\n", time_text(cue.start_ms), time_text(cue.end_ms),
                     cue.settings.empty() ? "" : " ", cue.settings, cue.text);
}

}  // namespace

std::string write_vtt_segment(const std::vector<Cue>& cues, std::int64_t start_ms, std::int64_t end_ms) {
  std::string out = "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n";
  for (const Cue& cue : cues) {
    if (cue.start_ms >= end_ms) break;
    if (cue.end_ms > start_ms) append(out, cue);
  }
  return out;
}

std::string write_vtt(const std::vector<Cue>& cues) {
  std::string out = "WEBVTT\n\n";
  for (const Cue& cue : cues) append(out, cue);
  return out;
}

}  // namespace swarma::content::media
