#include "db/database.h"

#include <cstdio>
#include <cstdlib>

namespace swarma::db {
namespace {

[[noreturn]] void schema_bug(std::size_t column, const char* expected) {
  std::fprintf(stderr, "db: column %zu of a row is not %s\n", column, expected);
  std::abort();
}

}  // namespace

const Value& Row::at(std::size_t column) const {
  if (column >= values_.size()) schema_bug(column, "there");
  return values_[column];
}

std::int64_t Row::integer(std::size_t column) const {
  if (const auto* value = std::get_if<std::int64_t>(&at(column))) return *value;
  schema_bug(column, "an integer");
}

double Row::real(std::size_t column) const {
  if (const auto* value = std::get_if<double>(&at(column))) return *value;
  if (const auto* value = std::get_if<std::int64_t>(&at(column))) return static_cast<double>(*value);
  schema_bug(column, "a number");
}

const std::string& Row::text(std::size_t column) const {
  if (const auto* value = std::get_if<std::string>(&at(column))) return *value;
  schema_bug(column, "text");
}

const Bytes& Row::blob(std::size_t column) const {
  if (const auto* value = std::get_if<Bytes>(&at(column))) return *value;
  schema_bug(column, "bytes");
}

bool Row::is_null(std::size_t column) const {
  return std::holds_alternative<std::nullptr_t>(at(column));
}

}  // namespace swarma::db
