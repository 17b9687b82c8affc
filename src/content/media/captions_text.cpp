// Caption files come without a declared encoding: byte order marks, zero bytes and UTF-8's own rules tell them apart.
#include <array>

#include "content/media/captions.h"

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

// RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool is_utf8(ByteView bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    unsigned lead = bytes[i];
    std::size_t length = lead < 0x80                   ? 1
                         : lead >= 0xC2 && lead < 0xE0 ? 2
                         : lead >= 0xE0 && lead < 0xF0 ? 3
                         : lead >= 0xF0 && lead < 0xF5 ? 4
                                                       : 0;
    if (length == 0 || i + length > bytes.size()) return false;
    for (std::size_t k = 1; k < length; ++k)
      if ((bytes[i + k] & 0xC0) != 0x80) return false;
    unsigned second = length > 2 ? bytes[i + 1] : 0;
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second >= 0xA0) || (lead == 0xF0 && second < 0x90) ||
        (lead == 0xF4 && second >= 0x90))
      return false;
    i += length;
  }
  return true;
}

std::string from_windows_1252(ByteView bytes) {
  static constexpr std::array<char16_t, 32> kHigh = {0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                     0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD,
                                                     0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                     0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178};
  std::string out;
  for (std::uint8_t b : bytes) append_utf8(out, b >= 0x80 && b < 0xA0 ? kHigh[b - 0x80] : b);
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

}  // namespace

Result<std::string> decode_text(ByteView bytes) {
  if (bytes.size() > kMaxCaptionBytes)
    return fail(ErrorCode::TooLarge, "captions_too_large", "A caption file may have at most 8 MiB.");
  auto starts = [&](std::initializer_list<std::uint8_t> mark) {
    return bytes.size() >= mark.size() && std::equal(mark.begin(), mark.end(), bytes.begin());
  };
  if (starts({0xEF, 0xBB, 0xBF}))
    bytes = bytes.subspan(3);
  else if (starts({0xFF, 0xFE}))
    return from_utf16(bytes.subspan(2), true);
  else if (starts({0xFE, 0xFF}))
    return from_utf16(bytes.subspan(2), false);
  else if (mostly_zero_at(bytes, 1))
    return from_utf16(bytes, true);
  else if (mostly_zero_at(bytes, 0))
    return from_utf16(bytes, false);
  if (is_utf8(bytes)) return std::string(as_text(bytes));
  return from_windows_1252(bytes);
}

}  // namespace swarma::content::media
