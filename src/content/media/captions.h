// SRT and WebVTT in, WebVTT segments out. The parser takes untrusted bytes in any common encoding: UTF-8 (with or
// without BOM), UTF-16 LE/BE, otherwise what was named or what language and bytes suggest; \n, \r\n and \r.
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

/// What is known about a text from elsewhere; each may be empty.
struct TextHint {
  std::string language = {};  // BCP 47
  std::string encoding = {};  // as somebody named it
};

/// Cues sorted by start. BadRequest ("bad_captions") naming the line when it is neither SRT nor WebVTT;
/// ("unknown_encoding").
Result<std::vector<Cue>> parse_captions(ByteView bytes, const TextHint& hint = {});

/// By start; cues that start together keep their order.
void sort_cues(std::vector<Cue>& cues);

struct DecodedText {
  std::string text = {};     // UTF-8
  std::string assumed = {};  // the encoding, when neither the text nor its creator named it; empty for UTF-8 and UTF-16
  bool sure = true;          // false: no usual encoding of the language fits
};

/// UTF-8 of a text in any of the encodings above. TooLarge; BadRequest ("unknown_encoding").
Result<DecodedText> decode_text(ByteView bytes, const TextHint& hint = {});

/// The sentence for a creator about an encoding that was assumed. `which`: "The captions film.srt (ru)".
std::string encoding_note(const std::string& which, const std::string& encoding, bool sure);

/// Valid UTF-8 (RFC 3629).
bool is_utf8(ByteView bytes);

/// The WebVTT segment of [start, end): every cue that overlaps it, whole times, with X-TIMESTAMP-MAP=MPEGTS:0.
std::string write_vtt_segment(const std::vector<Cue>& cues, std::int64_t start_ms, std::int64_t end_ms);
std::string write_vtt(const std::vector<Cue>& cues);

}  // namespace swarma::content::media
