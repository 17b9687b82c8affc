// Strict JSON for foreign bytes, and RFC 8785 canonical JSON for what is signed or hashed.
//
// Headers include only this file's forward declarations; <nlohmann/json.hpp> belongs in .cpp files.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"

namespace swarma {

using Json = nlohmann::json;

inline constexpr std::size_t kMaxJsonDepth = 32;  // deeper than anything we define; bounds the parser's stack

/// Parses one JSON value. Refuses duplicate member names, invalid UTF-8, trailing bytes and more than kMaxJsonDepth
/// levels. The caller bounds the length.
Result<Json> parse_json(std::string_view text);

/// RFC 8785 (JCS): member names sorted by UTF-16 code units, ECMAScript numbers, minimal escapes.
/// Fails on integers beyond ±2^53, on numbers that are not finite and on texts that are not UTF-8.
Result<std::string> canonical_json(const Json& value);

/// Typed members of a JSON object; each failure names the member. `what` is the noun in the sentence ("title record").
class JsonReader {
 public:
  JsonReader(const Json& object, std::string_view what) : object_(object), what_(what) {}

  Result<void> expect_object() const;
  bool has(const char* name) const;
  Result<std::string> text(const char* name, std::size_t max_length) const;
  Result<std::string> text_or(const char* name, std::size_t max_length, std::string fallback) const;
  Result<std::int64_t> integer(const char* name, std::int64_t min, std::int64_t max) const;
  Result<std::int64_t> integer_or(const char* name, std::int64_t min, std::int64_t max, std::int64_t fallback) const;
  /// Unix seconds, from 0 to the end of the year 9999.
  Result<Instant> instant(const char* name) const;
  Result<Expiry> expiry(const char* name) const;
  /// Whole seconds.
  Result<std::chrono::seconds> seconds_or(const char* name, std::chrono::seconds min, std::chrono::seconds max,
                                          std::chrono::seconds fallback) const;
  Result<double> number(const char* name, double min, double max) const;
  Result<bool> boolean_or(const char* name, bool fallback) const;
  /// Valid as long as the object is.
  Result<const Json*> object(const char* name) const;
  Result<const Json*> array(const char* name, std::size_t max_items) const;
  /// Fails if the object has a member that is not in `names`: a misspelt option is an error, not silence.
  Result<void> only(std::initializer_list<std::string_view> names) const;

 private:
  std::unexpected<Error> bad(const char* name, std::string_view expectation) const;
  const Json* find(const char* name) const;
  const Json& object_;
  std::string what_;
};

}  // namespace swarma
