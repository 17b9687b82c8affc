#include "base/json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

namespace swarma {
namespace {

std::unexpected<Error> bad_json(std::string message) {
  return fail(ErrorCode::BadRequest, "bad_json", std::move(message));
}

/// Builds a value from the parser's events and refuses what the parser itself lets pass: repeated names and deep
/// nesting.
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

constexpr std::int64_t kMaxUnixSeconds = 253'402'300'799;

Result<Json> parse_json(std::string_view text) {
  // The parser takes a NUL byte for the end of its input and would pass whatever follows.
  if (text.find('\0') != text.npos) return bad_json("This is not valid JSON.");
  StrictBuilder builder;
  if (Json::sax_parse(text.begin(), text.end(), &builder)) return builder.take();
  return bad_json(builder.refusal() != nullptr ? builder.refusal() : "This is not valid JSON.");
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

bool JsonReader::has(const char* name) const {
  return find(name) != nullptr;
}

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

Result<std::int64_t> JsonReader::integer_or(const char* name, std::int64_t min, std::int64_t max,
                                            std::int64_t fallback) const {
  if (!has(name)) return fallback;
  return integer(name, min, max);
}

Result<Instant> JsonReader::instant(const char* name) const {
  SWARMA_TRY(const std::int64_t unix_s, integer(name, 0, kMaxUnixSeconds));
  return Instant(unix_s);
}

Result<Expiry> JsonReader::expiry(const char* name) const {
  SWARMA_TRY(const std::int64_t unix_s, integer(name, 0, kMaxUnixSeconds));
  return Expiry(unix_s);
}

Result<std::chrono::seconds> JsonReader::seconds_or(const char* name, std::chrono::seconds min,
                                                    std::chrono::seconds max, std::chrono::seconds fallback) const {
  SWARMA_TRY(const std::int64_t count, integer_or(name, min.count(), max.count(), fallback.count()));
  return std::chrono::seconds(count);
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
  SWARMA_RETURN_IF_ERROR(expect_object());
  for (const auto& [name, value] : object_.items())
    if (std::find(names.begin(), names.end(), name) == names.end())
      return fail(ErrorCode::BadRequest, "unknown_member", "The " + what_ + " has an unknown member \"" + name + "\".");
  return {};
}

}  // namespace swarma
