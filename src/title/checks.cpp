#include "title/checks.h"

#include <algorithm>
#include <cstdint>

#include "base/bytes.h"

namespace swarma::title {
namespace {

/// Decodes the UTF-8 code point at `at` and moves past it; -1 for anything RFC 3629 does not allow.
std::int32_t next_code_point(std::string_view text, std::size_t& at) {
  const auto lead = static_cast<std::uint8_t>(text[at++]);
  if (lead < 0x80) return lead;
  if (lead < 0xc2 || lead > 0xf4) return -1;
  const int more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
  std::int32_t point = lead & (0x3f >> more);
  for (int i = 0; i < more; ++i) {
    if (at >= text.size()) return -1;
    const auto next = static_cast<std::uint8_t>(text[at++]);
    if ((next & 0xc0) != 0x80) return -1;
    point = (point << 6) | (next & 0x3f);
  }
  const bool shortest = more == 1 || (more == 2 && point >= 0x800) || (more == 3 && point >= 0x10000);
  const bool surrogate = point >= 0xd800 && point <= 0xdfff;
  return shortest && !surrogate && point <= 0x10ffff ? point : -1;
}

bool is_clean(std::int32_t point, Lines lines) {
  if (lines == Lines::Many && (point == '\n' || point == '\t')) return true;
  if (point < 0x20 || (point >= 0x7f && point <= 0x9f)) return false;
  return lines == Lines::Many || (point != 0x2028 && point != 0x2029);
}

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

bool is_clean_text(std::string_view text, Lines lines) {
  for (std::size_t at = 0; at < text.size();)
    if (!is_clean(next_code_point(text, at), lines)) return false;
  return true;
}

std::string clean_text(std::string_view text, Lines lines, std::size_t max_bytes) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    if (!is_clean(next_code_point(text, at), lines)) {
      at = std::min(at, begin + 1);  // only the first byte is certainly broken
      continue;
    }
    if (out.size() + (at - begin) > max_bytes) break;
    out.append(text.substr(begin, at - begin));
  }
  return out;
}

bool is_slug(std::string_view text, std::size_t max) {
  return !text.empty() && text.size() <= max && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

bool is_language(std::string_view text) {
  if (text.empty()) return true;
  if (text.size() > kMaxLanguageBytes) return false;
  std::size_t part = 0;  // letters and digits since the last hyphen
  for (char c : text) {
    if (c == '-' && part == 0) return false;
    part = c == '-' ? 0 : part + 1;
    if (part > 8 || (c != '-' && !is_letter_or_digit(c))) return false;
  }
  return part > 0;
}

bool is_16_bytes(std::string_view base64url) {
  if (base64url.size() != 22) return false;
  const auto bytes = parse_base64url(base64url);
  return bytes && bytes->size() == 16;
}

}  // namespace swarma::title
