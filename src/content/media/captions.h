// SRT and WebVTT in, WebVTT segments out. The parser takes untrusted bytes in any common encoding: UTF-8 (with or
// without BOM), UTF-16 LE/BE, otherwise Windows-1252; \n, \r\n and \r.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/ids.h"

namespace swarma::content::media {

inline constexpr std::size_t kMaxCaptionBytes = 8 << 20;
inline constexpr std::size_t kMaxCues = 100'000;

struct Cue {
  std::int64_t start_ms = 0, end_ms = 0;
  std::string settings;  // WebVTT cue settings, sanitised
  std::string text;  // WebVTT payload: <b> <i> <u> <ruby> <rt> <v> <c> <lang> kept, everything else escaped or dropped
};

/// Cues sorted by start. BadRequest ("bad_captions") naming the line when it is neither SRT nor WebVTT.
Result<std::vector<Cue>> parse_captions(ByteView bytes);

/// By start; cues that start together keep their order.
void sort_cues(std::vector<Cue>& cues);

/// UTF-8 of a text in any of the encodings above.
Result<std::string> decode_text(ByteView bytes);

/// The WebVTT segment of [start, end): every cue that overlaps it, whole times, with X-TIMESTAMP-MAP=MPEGTS:0.
std::string write_vtt_segment(const std::vector<Cue>& cues, std::int64_t start_ms, std::int64_t end_ms);
std::string write_vtt(const std::vector<Cue>& cues);

}  // namespace swarma::content::media
