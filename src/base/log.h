// Structured logs on standard error, one line an event: `log::info("blob_put", {{"id", id.hex()}, {"bytes", n}})`.
// Values are text or numbers; a secret has no conversion to either (crypto/secret.h). Thread-safe.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace swarma::log {

enum class Level { Debug, Info, Warning, Error, Off };
enum class Format { Text, Json };

class Field {
 public:
  Field(std::string_view name, std::string_view value) : name(name), text(value) {}
  Field(std::string_view name, const char* value) : name(name), text(value) {}
  Field(std::string_view name, const std::string& value) : name(name), text(value) {}
  Field(std::string_view name, double value);
  Field(std::string_view name, std::int64_t value) : name(name), text(std::to_string(value)), is_number(true) {}
  Field(std::string_view name, std::uint64_t value) : name(name), text(std::to_string(value)), is_number(true) {}
  Field(std::string_view name, int value) : Field(name, std::int64_t{value}) {}

  std::string name;
  std::string text;
  bool is_number = false;
};
using Fields = std::initializer_list<Field>;

void configure(Level level, Format format);
void debug(std::string_view event, Fields fields = {});
void info(std::string_view event, Fields fields = {});
void warning(std::string_view event, Fields fields = {});
void error(std::string_view event, Fields fields = {});

}  // namespace swarma::log
