// Caption files come without a declared encoding: byte order marks, zero bytes and UTF-8's own rules tell most of them
// apart; the others are 8-bit.
#include <algorithm>

#include "content/media/captions.h"
#include "content/media/text_encoding.h"

namespace swarma::content::media {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

void append_utf8(std::string& out, char32_t c) {
  auto put = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6), put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | c >> 18), put(0x80 | (c >> 12 & 0x3F)), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
  }
}

std::string from_utf16(ByteView bytes, bool little_endian) {
  auto unit = [&](std::size_t i) {
    unsigned a = bytes[i], b = bytes[i + 1];
    return static_cast<char32_t>(little_endian ? a | b << 8 : a << 8 | b);
  };
  std::string out;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    char32_t c = unit(i);
    if (c >= 0xD800 && c < 0xDC00 && i + 3 < bytes.size() && unit(i + 2) >= 0xDC00 && unit(i + 2) < 0xE000) {
      c = 0x10000 + ((c - 0xD800) << 10) + (unit(i + 2) - 0xDC00);
      i += 2;
    } else if (c >= 0xD800 && c < 0xE000) {
      c = kReplacement;
    }
    append_utf8(out, c);
  }
  return out;
}

// UTF-16 without a mark: text in any European script has a zero in nearly every second byte of its markup and digits.
bool mostly_zero_at(ByteView bytes, std::size_t parity) {
  std::size_t zeros = 0, others = 0, seen = 0;
  for (std::size_t i = 0; i < bytes.size() && i < 512; ++i) {
    if (i % 2 == parity)
      ++seen, zeros += bytes[i] == 0;
    else
      others += bytes[i] == 0;
  }
  return seen >= 4 && zeros * 2 > seen && others * 10 < seen;
}

// Bytes of the UTF-8 sequence at the start, or 0: no overlong forms, no surrogates, nothing beyond U+10FFFF.
std::size_t sequence_length(ByteView bytes) {
  const unsigned lead = bytes[0];
  const std::size_t length = lead < 0x80                   ? 1
                             : lead >= 0xC2 && lead < 0xE0 ? 2
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                                                           : 0;
  if (length == 0 || length > bytes.size()) return 0;
  for (std::size_t k = 1; k < length; ++k)
    if ((bytes[k] & 0xC0) != 0x80) return 0;
  const unsigned second = length > 2 ? bytes[1] : 0;
  const bool wrong = (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second >= 0xA0) ||
                     (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second >= 0x90);
  return wrong ? 0 : length;
}

// A few broken bytes among many sequences that no other encoding would give.
bool is_damaged_utf8(ByteView bytes) {
  constexpr std::size_t kSequences = 8, kForEachWrong = 8;
  std::size_t good = 0, wrong = 0;
  for (std::size_t i = 0; i < bytes.size();) {
    const std::size_t length = sequence_length(bytes.subspan(i));
    good += length > 1, wrong += length == 0;
    i += std::max<std::size_t>(1, length);
  }
  return wrong > 0 && good >= kSequences && good >= wrong * kForEachWrong;
}

/// The text with a replacement character for each byte that belongs to no valid sequence. glibc's iconv passes the five
/// and six byte forms of old.
std::string mend_utf8(std::string_view text) {
  const ByteView bytes = view(text);
  std::string out;
  for (std::size_t i = 0; i < bytes.size();) {
    const std::size_t length = sequence_length(bytes.subspan(i));
    out += length == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(i, length);
    i += std::max<std::size_t>(1, length);
  }
  return out;
}

// ISO-2022-JP switches character sets with escapes and is ASCII otherwise.
bool is_stateful(ByteView bytes) {
  const std::string_view text = as_text(bytes);
  return text.find("\x1B$B") != std::string_view::npos || text.find("\x1B$@") != std::string_view::npos;
}

}  // namespace

bool is_utf8(ByteView bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    const std::size_t length = sequence_length(bytes.subspan(i));
    if (length == 0) return false;
    i += length;
  }
  return true;
}

Result<DecodedText> decode_text(ByteView bytes, const TextHint& hint) {
  if (bytes.size() > kMaxCaptionBytes)
    return fail(ErrorCode::TooLarge, "captions_too_large", "A caption file may have at most 8 MiB.");
  auto starts = [&](std::initializer_list<std::uint8_t> mark) {
    return bytes.size() >= mark.size() && std::equal(mark.begin(), mark.end(), bytes.begin());
  };
  if (starts({0xEF, 0xBB, 0xBF})) return DecodedText{mend_utf8(as_text(bytes.subspan(3)))};
  if (starts({0xFF, 0xFE})) return DecodedText{from_utf16(bytes.subspan(2), true)};
  if (starts({0xFE, 0xFF})) return DecodedText{from_utf16(bytes.subspan(2), false)};
  if (!hint.encoding.empty()) {
    const auto named = find_encoding(hint.encoding);
    if (!named)
      return fail(ErrorCode::BadRequest, "unknown_encoding",
                  "“" + hint.encoding + "” is no encoding that is known here; write for example windows-1251 or Big5.");
    return DecodedText{mend_utf8(convert_text(bytes, *named))};
  }
  if (mostly_zero_at(bytes, 1)) return DecodedText{from_utf16(bytes, true)};
  if (mostly_zero_at(bytes, 0)) return DecodedText{from_utf16(bytes, false)};
  if (is_damaged_utf8(bytes)) return DecodedText{mend_utf8(as_text(bytes))};
  const LikelyEncoding likely = is_stateful(bytes) ? LikelyEncoding{"ISO-2022-JP"}
                                : is_utf8(bytes)   ? LikelyEncoding{}
                                                   : detect_encoding(bytes, hint.language);
  if (likely.name.empty()) return DecodedText{std::string(as_text(bytes))};
  return DecodedText{mend_utf8(convert_text(bytes, likely.name)), likely.name, likely.sure};
}

std::string encoding_note(const std::string& which, const std::string& encoding, bool sure) {
  return which +
         (sure
              ? " are not UTF-8. Their language and bytes suggest " + encoding + ", so they are read as that."
              : " are not UTF-8, and it cannot be told for certain what they are. They are read as " + encoding + ".") +
         " If letters come out wrong, publish again and name the encoding.";
}

}  // namespace swarma::content::media
