// One SQLite connection with its prepared statements. Not safe for concurrent use.
#pragma once

#include <unordered_map>

#include "db/engines.h"

struct sqlite3;
struct sqlite3_stmt;

namespace swarma::db {

class SqliteConnection final : public ScriptSession {
 public:
  enum class Access { Write, Read };
  static Result<std::unique_ptr<SqliteConnection>> open(const std::string& path, Access access);
  ~SqliteConnection() override;
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  Result<Rows> query(std::string_view sql, const Values& parameters = {}) override;
  Result<std::int64_t> execute(std::string_view sql, const Values& parameters = {}) override;
  Result<void> run_script(const std::string& sql) override;
  /// True if the statement writes nothing.
  Result<bool> only_reads(std::string_view sql);

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

  explicit SqliteConnection(sqlite3* handle) : handle_(handle) {}
  Result<Statement*> find_statement(std::string_view sql);
  Result<Statement> prepare(std::string_view sql);
  Result<void> bind(const Statement& statement, const Values& parameters);
  Result<void> run(std::string_view sql, const Values& parameters, Rows* rows);
  std::unexpected<Error> failure(int code);
  void forget_statements();

  sqlite3* handle_;
  std::unordered_map<std::string, Statement, TextHash, std::equal_to<>> statements_;
  Durability durability_ = Durability::Normal;
  bool in_transaction_ = false;
  bool failed_ = false;
};

}  // namespace swarma::db
