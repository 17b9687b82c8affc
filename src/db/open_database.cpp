// Which engine a database's URL names.
#include "db/database.h"
#include "db/engines.h"

namespace swarma::db {

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
