// One SQLite connection with its prepared statements. Not safe for concurrent use.
#pragma once

#include <unordered_map>

#include "db/engines.h"
#include "db/writer_gate.h"

struct sqlite3;
struct sqlite3_stmt;

namespace swarma::db {

class SqliteConnection final : public ScriptSession {
 public:
  enum class Access { Write, Read };
  /// `lock` decides how long to wait for other processes; it must outlive this.
  static Result<std::unique_ptr<SqliteConnection>> open(const std::string& path, Access access, LockWait& lock);
  ~SqliteConnection() override;
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  Result<Rows> query(std::string_view sql, const Values& parameters = {}) override;
  Result<std::int64_t> execute(std::string_view sql, const Values& parameters = {}) override;
  Result<void> run_script(const std::string& sql) override;
  /// True if the statement writes nothing.
  Result<bool> only_reads(std::string_view sql);

  /// Io "database_gone" when the file is not at its place any more. Cheap.
  Result<void> check_place();
  /// Reads the file itself, not what is remembered of it: Io "database_corrupt" when it is no database, or shorter than
  /// it says.
  Result<void> check_file();

  /// How much the next commits wait for. Outside a transaction only.
  Result<void> set_durability(Durability durability);
  Result<void> begin();
  Result<void> commit();
  void rollback();
  bool failed() const { return failed_; }

 private:
  struct Statement {
    sqlite3_stmt* handle = nullptr;
    std::vector<std::size_t>
        parameter_of_slot;       // SQLite numbers `$n` by appearance: slot i+1 takes parameters[this[i]]
    std::size_t parameters = 0;  // the largest n
  };

  class Waiting;
  SqliteConnection(sqlite3* handle, LockWait& lock) : handle_(handle), lock_(lock) {}
  Result<Statement*> find_statement(std::string_view sql);
  Result<Statement> prepare(std::string_view sql);
  Result<void> bind(const Statement& statement, const Values& parameters);
  Result<void> run(std::string_view sql, const Values& parameters, Rows* rows);
  std::unexpected<Error> failure(int code);
  void forget_statements();

  sqlite3* handle_;
  LockWait& lock_;
  bool waits_ = false;  // has a place among those who wait for the lock
  std::unordered_map<std::string, Statement, TextHash, std::equal_to<>> statements_;
  Durability durability_ = Durability::Normal;
  bool in_transaction_ = false;
  bool failed_ = false;
};

}  // namespace swarma::db
