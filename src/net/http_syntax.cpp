#include "net/http_syntax.h"

#include <algorithm>
#include <charconv>

namespace swarma::net {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

/// Digits only, at most what fits; a number too large for us counts as the largest.
std::optional<std::uint64_t> parse_position(std::string_view text) {
  if (text.empty() || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  return parsed.ec == std::errc{} ? value : UINT64_MAX;
}

/// RFC 3986, 5.2.4 for a path that starts with '/'.
std::string remove_dot_segments(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  std::size_t at = 0;
  while (at < path.size()) {  // at a '/'
    const std::size_t end = std::min(path.find('/', at + 1), path.size());
    const std::string_view segment = path.substr(at + 1, end - at - 1);
    const bool last = end == path.size();
    if (segment == "..") out.erase(std::min(out.rfind('/'), out.size()));
    if (segment == "." || segment == "..") {
      if (last) out += '/';
    } else {
      out.append(path.substr(at, end - at));
    }
    at = end;
  }
  if (out.empty()) out = "/";
  return out;
}

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

bool is_utf8(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  for (std::size_t i = 0; i < text.size();) {
    const unsigned first = byte(i);
    const std::size_t more = first < 0x80                    ? 0
                             : first >= 0xc2 && first < 0xe0 ? 1
                             : first >= 0xe0 && first < 0xf0 ? 2
                             : first >= 0xf0 && first < 0xf5 ? 3
                                                             : 4;
    if (more == 4) return false;
    for (std::size_t k = 1; k <= more; ++k)
      if ((byte(i + k) & 0xc0) != 0x80) return false;
    const unsigned second = byte(i + 1);  // overlong forms, surrogates, beyond U+10FFFF
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) || (first == 0xf0 && second < 0x90) ||
        (first == 0xf4 && second > 0x8f))
      return false;
    i += more + 1;
  }
  return true;
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  if (!is_utf8(out)) return std::nullopt;
  return out;
}

Result<std::string> normalise_path(std::string_view raw) {
  if (!raw.starts_with('/'))
    return fail(ErrorCode::BadRequest, "bad_path", "The path of a request must start with a slash.");
  std::optional<std::string> path = percent_decode(raw);
  if (!path)
    return fail(ErrorCode::BadRequest, "bad_path",
                "The path holds a broken percent escape or bytes that are not UTF-8.");
  if (std::ranges::any_of(*path, is_control))
    return fail(ErrorCode::BadRequest, "bad_path", "The path holds a control character.");
  if (path->find("/.") == std::string::npos) return std::move(*path);
  return remove_dot_segments(*path);
}

RangeChoice choose_range(std::string_view header, std::uint64_t size) {
  const std::string_view text = trim(header);
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || !equals_ignoring_case(text.substr(0, equals), "bytes")) return WholeBody{};
  const std::string_view spec = trim(text.substr(equals + 1));
  const std::size_t dash = spec.find('-');
  if (dash == std::string_view::npos || spec.find(',') != std::string_view::npos) return WholeBody{};
  const std::string_view first = spec.substr(0, dash), last = spec.substr(dash + 1);
  if (first.empty()) {  // the last n bytes
    const auto suffix = parse_position(last);
    if (!suffix) return WholeBody{};
    if (*suffix == 0 || size == 0) return Unsatisfiable{};
    const std::uint64_t length = std::min(*suffix, size);
    return ByteRange{size - length, length};
  }
  const auto begin = parse_position(first);
  const auto end = last.empty() ? std::optional(UINT64_MAX) : parse_position(last);
  if (!begin || !end || *end < *begin) return WholeBody{};
  if (*begin >= size) return Unsatisfiable{};
  return ByteRange{*begin, std::min(*end, size - 1) - *begin + 1};
}

bool names_etag(std::string_view if_none_match, std::string_view etag) {
  const auto opaque = [](std::string_view tag) { return tag.starts_with("W/") ? tag.substr(2) : tag; };
  if (etag.empty()) return false;
  return any_list_element(if_none_match,
                          [&](std::string_view tag) { return tag == "*" || opaque(tag) == opaque(etag); });
}

bool matches_etag(std::string_view if_match, std::string_view etag) {
  const bool strong = !etag.empty() && !etag.starts_with("W/");
  return any_list_element(if_match, [&](std::string_view tag) { return tag == "*" || (strong && tag == etag); });
}

bool is_valid_host(std::string_view host) {
  const auto allowed = [](char c) {
    const char l = lower(c);
    return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' || c == ':' ||
           c == '[' || c == ']';
  };
  return !host.empty() && host.size() <= 255 + 6 && std::ranges::all_of(host, allowed);
}

}  // namespace swarma::net
