#include "db/database.h"

#include <cstdio>
#include <cstdlib>

#include "db/engines.h"

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

Result<std::unique_ptr<Database>> Database::open(std::string_view url, unsigned connections) {
  constexpr std::string_view kSqlite = "sqlite:";
  if (connections == 0) connections = 1;
  if (url.starts_with(kSqlite) && url.size() > kSqlite.size())
    return open_sqlite(std::string(url.substr(kSqlite.size())), connections);
  if (url.starts_with("postgresql://") || url.starts_with("postgres://"))
    return open_postgresql(std::string(url), connections);
  // The URL may hold a password: it is not repeated.
  return fail(ErrorCode::BadRequest, "bad_database_url",
              "A database is named by sqlite:PATH, sqlite::memory: or postgresql://USER@HOST/NAME.");
}

}  // namespace swarma::db
