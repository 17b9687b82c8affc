#include "base/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

namespace swarma {
namespace {

std::unexpected<Error> bad_json(std::string message) {
  return fail(ErrorCode::BadRequest, "bad_json", std::move(message));
}

/// Length of the well-formed UTF-8 sequence at the beginning of `text` (Unicode 15, table 3-7), or 0.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) { return byte(i) >= low && byte(i) <= high; };
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
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
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

Result<void> write_string(const std::string& text, std::string& out) {
  if (!is_utf8(text)) return bad_json("A text is not valid UTF-8.");
  static constexpr std::string_view hex = "0123456789abcdef";
  out.push_back('"');
  for (char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\t': out += "\\t"; break;
      case '\n': out += "\\n"; break;
      case '\f': out += "\\f"; break;
      case '\r': out += "\\r"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += "\\u00";
          out.push_back(hex[static_cast<unsigned char>(c) >> 4]);
          out.push_back(hex[c & 15]);
        } else {
          out.push_back(c);
        }
    }
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
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::fabs(value), std::chars_format::scientific).ptr;
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
    out.append(digits.substr(0, static_cast<std::size_t>(point))).append(".").append(digits.substr(static_cast<std::size_t>(point)));
  }
}

constexpr std::int64_t kMaxSafeInteger = 9'007'199'254'740'992;  // 2^53

Result<void> write_canonical(const Json& value, std::string& out);

Result<void> write_object(const Json& value, std::string& out) {
  std::vector<std::pair<std::u16string, const Json::object_t::value_type*>> members;
  for (const auto& member : value.get_ref<const Json::object_t&>()) members.emplace_back(utf16(member.first), &member);
  std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  out.push_back('{');
  for (const auto& [key, member] : members) {
    if (out.back() != '{') out.push_back(',');
    SWARMA_CHECK(write_string(member->first, out));
    out.push_back(':');
    SWARMA_CHECK(write_canonical(member->second, out));
  }
  out.push_back('}');
  return {};
}

Result<void> write_canonical(const Json& value, std::string& out) {
  switch (value.type()) {
    case Json::value_t::null: out += "null"; break;
    case Json::value_t::boolean: out += value.get<bool>() ? "true" : "false"; break;
    case Json::value_t::string: return write_string(value.get_ref<const std::string&>(), out);
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned: {
      const bool fits = value.is_number_unsigned() ? value.get<std::uint64_t>() <= kMaxSafeInteger
                                                   : value.get<std::int64_t>() >= -kMaxSafeInteger &&
                                                         value.get<std::int64_t>() <= kMaxSafeInteger;
      if (!fits) return bad_json("Integers beyond 2^53 must be written as strings.");
      out += std::to_string(value.get<std::int64_t>());
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
        SWARMA_CHECK(write_canonical(item, out));
      }
      out.push_back(']');
      break;
    }
    case Json::value_t::object: return write_object(value, out);
    default: return bad_json("This value has no JSON form.");
  }
  return {};
}

/// Builds a value from the parser's events and refuses what the parser itself lets pass: repeated names and deep nesting.
class StrictBuilder final : public nlohmann::json_sax<Json> {
 public:
  Json take() { return std::move(root_); }
  const char* refusal() const { return refusal_; }  // null when the text is no JSON at all

  bool null() override { return put(nullptr) != nullptr; }
  bool boolean(bool value) override { return put(value) != nullptr; }
  bool number_integer(number_integer_t value) override { return put(value) != nullptr; }
  bool number_unsigned(number_unsigned_t value) override { return put(value) != nullptr; }
  bool number_float(number_float_t value, const string_t&) override { return put(value) != nullptr; }
  bool string(string_t& value) override { return put(std::move(value)) != nullptr; }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    const auto [member, is_new] = open_.back()->get_ref<Json::object_t&>().try_emplace(std::move(name));
    member_ = &member->second;
    if (!is_new) refusal_ = "A member name appears twice in one JSON object.";
    return is_new;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  /// Puts the value where the text is; the place stays valid until the enclosing array or object goes on.
  Json* put(Json value) {
    Json* place = &root_;
    if (!open_.empty()) place = open_.back()->is_array() ? &open_.back()->emplace_back() : member_;
    *place = std::move(value);
    return place;
  }

  bool open(Json container) {
    if (open_.size() == kMaxJsonDepth) refusal_ = "The JSON is nested too deeply.";
    if (refusal_ == nullptr) open_.push_back(put(std::move(container)));
    return refusal_ == nullptr;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  Json root_;
  std::vector<Json*> open_;  // arrays and objects around the next value
  Json* member_ = nullptr;   // where the next value of the innermost object goes
  const char* refusal_ = nullptr;
};

}  // namespace

Result<Json> parse_json(std::string_view text) {
  // The parser takes a NUL byte for the end of its input and would pass whatever follows.
  if (text.find('\0') != text.npos) return bad_json("This is not valid JSON.");
  StrictBuilder builder;
  if (Json::sax_parse(text.begin(), text.end(), &builder)) return builder.take();
  return bad_json(builder.refusal() != nullptr ? builder.refusal() : "This is not valid JSON.");
}

Result<std::string> canonical_json(const Json& value) {
  std::string out;
  SWARMA_CHECK(write_canonical(value, out));
  return out;
}

std::unexpected<Error> JsonReader::bad(const char* name, std::string_view expectation) const {
  return fail(ErrorCode::BadRequest, "bad_member",
              "In the " + what_ + ", \"" + name + "\" must be " + std::string(expectation) + ".");
}

const Json* JsonReader::find(const char* name) const {
  if (!object_.is_object()) return nullptr;
  const auto it = object_.find(name);
  return it == object_.end() ? nullptr : &*it;
}

Result<void> JsonReader::expect_object() const {
  if (!object_.is_object()) return fail(ErrorCode::BadRequest, "bad_json", "The " + what_ + " must be a JSON object.");
  return {};
}

bool JsonReader::has(const char* name) const { return find(name) != nullptr; }

Result<std::string> JsonReader::text(const char* name, std::size_t max_length) const {
  const Json* value = find(name);
  if (value == nullptr || !value->is_string() || value->get_ref<const std::string&>().size() > max_length)
    return bad(name, "a text of at most " + std::to_string(max_length) + " bytes");
  return value->get<std::string>();
}

Result<std::string> JsonReader::text_or(const char* name, std::size_t max_length, std::string fallback) const {
  if (!has(name)) return fallback;
  return text(name, max_length);
}

Result<std::int64_t> JsonReader::integer(const char* name, std::int64_t min, std::int64_t max) const {
  const Json* value = find(name);
  const bool fits = value != nullptr && value->is_number_integer() &&
                    (!value->is_number_unsigned() || value->get<std::uint64_t>() <= std::uint64_t{INT64_MAX});
  if (!fits || value->get<std::int64_t>() < min || value->get<std::int64_t>() > max)
    return bad(name, "an integer from " + std::to_string(min) + " to " + std::to_string(max));
  return value->get<std::int64_t>();
}

Result<std::int64_t> JsonReader::integer_or(const char* name, std::int64_t min, std::int64_t max, std::int64_t fallback) const {
  if (!has(name)) return fallback;
  return integer(name, min, max);
}

Result<double> JsonReader::number(const char* name, double min, double max) const {
  const Json* value = find(name);
  if (value == nullptr || !value->is_number() || !(value->get<double>() >= min && value->get<double>() <= max))
    return bad(name, "a number from " + std::to_string(min) + " to " + std::to_string(max));
  return value->get<double>();
}

Result<bool> JsonReader::boolean_or(const char* name, bool fallback) const {
  const Json* value = find(name);
  if (value == nullptr) return fallback;
  if (!value->is_boolean()) return bad(name, "true or false");
  return value->get<bool>();
}

Result<const Json*> JsonReader::object(const char* name) const {
  const Json* value = find(name);
  if (value == nullptr || !value->is_object()) return bad(name, "an object");
  return value;
}

Result<const Json*> JsonReader::array(const char* name, std::size_t max_items) const {
  const Json* value = find(name);
  if (value == nullptr || !value->is_array() || value->size() > max_items)
    return bad(name, "a list of at most " + std::to_string(max_items) + " items");
  return value;
}

Result<void> JsonReader::only(std::initializer_list<std::string_view> names) const {
  SWARMA_CHECK(expect_object());
  for (const auto& [name, value] : object_.items())
    if (std::find(names.begin(), names.end(), name) == names.end())
      return fail(ErrorCode::BadRequest, "unknown_member", "The " + what_ + " has an unknown member \"" + name + "\".");
  return {};
}

}  // namespace swarma
