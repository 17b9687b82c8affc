// One SQL face over SQLite and PostgreSQL. SQL is written once, in the dialect both understand: parameters `$1, $2, …`,
// TEXT, BIGINT, DOUBLE PRECISION, BYTEA/BLOB columns through the macros below, `ON CONFLICT`, `RETURNING`. What differs
// lives in db/.
//
// Database is safe for concurrent use: each call borrows a connection. SQLite: WAL, one writer at a time (writers queue
// in process; writer_gate.h says how long for other processes), synchronous=NORMAL unless `durable` is asked for in a
// transaction.
//
// What both engines promise, held by database_test.cpp on each:
//  - transactions are serialisable: SQLite has one writer, PostgreSQL runs them SERIALIZABLE and retries;
//  - a failed statement dooms its transaction, also when `work` ignores the error: nothing of it is committed;
//  - a broken constraint is Conflict with the reason "unique_violation", "foreign_key_violation" or
//    "constraint_violation". In a transaction prefer `ON CONFLICT DO NOTHING` and look at the number of rows;
//  - text is UTF-8 without NUL; a bool expression and sum(BIGINT) arrive as integers;
//  - the order of TEXT is the engine's (PostgreSQL: the database's collation). Where bytes must decide, use {BYTES}.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace swarma::db {

using Value = std::variant<std::nullptr_t, std::int64_t, double, std::string, Bytes>;
using Values = std::vector<Value>;

class Row {
 public:
  explicit Row(std::vector<Value> values) : values_(std::move(values)) {}
  // Each aborts on a wrong column or type: the schema is ours.
  std::int64_t integer(std::size_t column) const;
  double real(std::size_t column) const;  // an integer is widened
  const std::string& text(std::size_t column) const;
  const Bytes& blob(std::size_t column) const;
  bool is_null(std::size_t column) const;

 private:
  const Value& at(std::size_t column) const;
  std::vector<Value> values_;
};
using Rows = std::vector<Row>;

/// A connection inside a transaction. Belongs to the thread that runs `work`; dead once `work` returns.
class Session {
 public:
  virtual ~Session() = default;
  /// Rows of a SELECT or RETURNING. Statements are prepared once per connection and reused.
  virtual Result<Rows> query(std::string_view sql, const Values& parameters = {}) = 0;
  /// Number of rows changed.
  virtual Result<std::int64_t> execute(std::string_view sql, const Values& parameters = {}) = 0;
};

/// Full: on disk before the call returns (money, keys, published titles), and with it every earlier commit.
/// Normal: whole and in order, but the last moments before a power cut (PostgreSQL: a crash of its server) may be
/// missing.
enum class Durability { Normal, Full };

struct Migration {
  std::string name;  // "0001_titles", unique, applied in the order given, never edited once released
  std::string sql;   // several statements; {BYTES} {JSON} {AUTO_ID} {WITHOUT_ROWID} expand per engine
};

class Database {
 public:
  /// "sqlite:PATH", "sqlite::memory:" or "postgresql://…". Io/Unavailable with a sentence that names the cause.
  static Result<std::unique_ptr<Database>> open(std::string_view url, unsigned connections = 4);
  virtual ~Database() = default;

  /// Runs `work` in a transaction: commits on success, rolls back when it returns an error. Serialisation failures and
  /// deadlocks are retried (so `work` may run several times). Immediate write lock on SQLite. Inside `work` use only
  /// its Session: a call on the Database from there is refused with Internal ("nested_database_call"), it could wait
  /// for itself.
  virtual Result<void> transact(const std::function<Result<void>(Session&)>& work,
                                Durability durability = Durability::Normal) = 0;
  /// A single read, or a single autocommitted write (Durability::Normal).
  virtual Result<Rows> query(std::string_view sql, const Values& parameters = {}) = 0;
  virtual Result<std::int64_t> execute(std::string_view sql, const Values& parameters = {}) = 0;

  /// Applies what is missing, once, also when several nodes start together. Conflict ("migration_changed") when an
  /// applied migration now has other text. May be called several times, with different modules' migrations.
  virtual Result<void> migrate(std::span<const Migration> migrations) = 0;
  virtual bool is_postgresql() const = 0;

  /// Whether the database answers, is the one that was opened, and has what was migrated. A few reads; may wait as any
  /// call. SQLite: Io "database_gone" when the file was removed or replaced, "database_corrupt" when it is damaged or
  /// emptied. Once either was met, by this or any other call, every write is refused with the reason "database_damaged"
  /// until the database is opened anew: nothing more is written to what may not be there tomorrow.
  virtual Result<void> check() = 0;
};

}  // namespace swarma::db
