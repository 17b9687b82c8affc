// canonical_json of base/json.h: RFC 8785.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/json.h"

namespace swarma {
namespace {

std::unexpected<Error> bad_json(std::string message) {
  return fail(ErrorCode::BadRequest, "bad_json", std::move(message));
}

/// Length of the well-formed UTF-8 sequence at the beginning of `text` (Unicode 15, table 3-7), or 0.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
    return byte(i) >= low && byte(i) <= high;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return follows(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef)  // no overlong forms, no surrogates
    return follows(1, lead == 0xe0 ? 0xa0 : 0x80, lead == 0xed ? 0x9f : 0xbf) && follows(2) ? 3 : 0;
  if (lead >= 0xf0 && lead <= 0xf4)  // no overlong forms, nothing above U+10FFFF
    return follows(1, lead == 0xf0 ? 0x90 : 0x80, lead == 0xf4 ? 0x8f : 0xbf) && follows(2) && follows(3) ? 4 : 0;
  return 0;
}

bool is_utf8(std::string_view text) {
  for (;;) {
    const auto ascii_end = std::ranges::find_if(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
    text.remove_prefix(static_cast<std::size_t>(ascii_end - text.begin()));
    if (text.empty()) return true;
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
}

/// UTF-16 code units of valid UTF-8: the sort key of RFC 8785, which differs from byte order above U+FFFF.
std::u16string utf16(std::string_view text) {
  std::u16string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    char32_t point = length == 1 ? lead : lead & (0xff >> (length + 1));
    for (std::size_t k = 1; k < length && i + k < text.size(); ++k)
      point = (point << 6) | (static_cast<unsigned char>(text[i + k]) & 0x3f);
    i += length;
    if (point < 0x10000) {
      out.push_back(static_cast<char16_t>(point));
    } else {
      point -= 0x10000;
      out.push_back(static_cast<char16_t>(0xd800 + (point >> 10)));
      out.push_back(static_cast<char16_t>(0xdc00 + (point & 0x3ff)));
    }
  }
  return out;
}

bool needs_escape(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

void write_escape(char c, std::string& out) {
  static constexpr std::string_view hex = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\b':
      out += "\\b";
      break;
    case '\t':
      out += "\\t";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\f':
      out += "\\f";
      break;
    case '\r':
      out += "\\r";
      break;
    default:
      out += "\\u00";
      out.push_back(hex[static_cast<unsigned char>(c) >> 4]);
      out.push_back(hex[c & 15]);
  }
}

Result<void> write_string(const std::string& text, std::string& out) {
  if (!is_utf8(text)) return bad_json("A text is not valid UTF-8.");
  out.push_back('"');
  for (auto at = text.begin();;) {
    const auto special = std::find_if(at, text.end(), needs_escape);
    out.append(at, special);
    if (special == text.end()) break;
    write_escape(*special, out);
    at = special + 1;
  }
  out.push_back('"');
  return {};
}

/// ECMAScript Number::toString: shortest digits, plain layout for 1e-7 < |x| < 1e21.
void write_number(double value, std::string& out) {
  if (value == 0) {
    out.push_back('0');
    return;
  }
  std::array<char, 40> buffer;
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::fabs(value), std::chars_format::scientific).ptr;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const std::size_t e = text.find('e');
  std::string digits;
  for (char c : text.substr(0, e))
    if (c != '.') digits.push_back(c);
  int exponent = 0;
  const std::string_view exponent_text = text.substr(text[e + 1] == '+' ? e + 2 : e + 1);
  std::from_chars(exponent_text.data(), exponent_text.data() + exponent_text.size(), exponent);
  const int point = exponent + 1;  // digits before the decimal point
  const int count = static_cast<int>(digits.size());
  if (value < 0) out.push_back('-');
  if (point > 21 || point < -5) {
    out.push_back(digits[0]);
    if (count > 1) out.append(".").append(digits.substr(1));
    out.append(exponent < 0 ? "e-" : "e+").append(std::to_string(std::abs(exponent)));
  } else if (point <= 0) {
    out.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
  } else if (count <= point) {
    out.append(digits).append(static_cast<std::size_t>(point - count), '0');
  } else {
    out.append(digits.substr(0, static_cast<std::size_t>(point)))
        .append(".")
        .append(digits.substr(static_cast<std::size_t>(point)));
  }
}

constexpr std::int64_t kMaxSafeInteger = 9'007'199'254'740'992;  // 2^53

Result<void> write_canonical(const Json& value, std::string& out);

Result<void> write_object(const Json& value, std::string& out) {
  std::vector<const Json::object_t::value_type*> members;  // sorted by bytes, which UTF-16 orders alike up to U+FFFF
  for (const auto& member : value.get_ref<const Json::object_t&>()) members.push_back(&member);
  const auto beyond = [](char c) { return static_cast<unsigned char>(c) >= 0xf0; };
  if (std::ranges::any_of(members, [&](const auto* member) { return std::ranges::any_of(member->first, beyond); }))
    std::ranges::sort(members, {}, [](const auto* member) { return utf16(member->first); });
  out.push_back('{');
  for (const auto* member : members) {
    if (out.back() != '{') out.push_back(',');
    SWARMA_RETURN_IF_ERROR(write_string(member->first, out));
    out.push_back(':');
    SWARMA_RETURN_IF_ERROR(write_canonical(member->second, out));
  }
  out.push_back('}');
  return {};
}

Result<void> write_canonical(const Json& value, std::string& out) {
  switch (value.type()) {
    case Json::value_t::null:
      out += "null";
      break;
    case Json::value_t::boolean:
      out += value.get<bool>() ? "true" : "false";
      break;
    case Json::value_t::string:
      return write_string(value.get_ref<const std::string&>(), out);
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned: {
      const bool fits = value.is_number_unsigned() ? value.get<std::uint64_t>() <= kMaxSafeInteger
                                                   : value.get<std::int64_t>() >= -kMaxSafeInteger &&
                                                         value.get<std::int64_t>() <= kMaxSafeInteger;
      const std::string digits = value.is_number_unsigned() ? std::to_string(value.get<std::uint64_t>())
                                                            : std::to_string(value.get<std::int64_t>());
      if (!fits) {  // our own form of a large double is an integer: no other may pass, or two readers see two numbers
        std::string as_double;
        write_number(value.get<double>(), as_double);
        if (digits != as_double) return bad_json("Integers beyond 2^53 must be written as strings.");
      }
      out += digits;
      break;
    }
    case Json::value_t::number_float:
      if (!std::isfinite(value.get<double>())) return bad_json("JSON has no NaN and no infinity.");
      write_number(value.get<double>(), out);
      break;
    case Json::value_t::array: {
      out.push_back('[');
      bool first = true;
      for (const Json& item : value) {
        if (!first) out.push_back(',');
        first = false;
        SWARMA_RETURN_IF_ERROR(write_canonical(item, out));
      }
      out.push_back(']');
      break;
    }
    case Json::value_t::object:
      return write_object(value, out);
    default:
      return bad_json("This value has no JSON form.");
  }
  return {};
}

}  // namespace

Result<std::string> canonical_json(const Json& value) {
  std::string out;
  SWARMA_RETURN_IF_ERROR(write_canonical(value, out));
  return out;
}

}  // namespace swarma
