// One PostgreSQL connection (libpq, blocking) with its prepared statements. Not safe for concurrent use.
#pragma once

#include <unordered_map>

#include "db/engines.h"

struct pg_conn;
struct pg_result;

namespace swarma::db {

class PostgresqlConnection final : public ScriptSession {
 public:
  enum class Isolation { Serializable, ReadCommitted };
  static Result<std::unique_ptr<PostgresqlConnection>> open(const std::string& url);
  ~PostgresqlConnection() override;
  PostgresqlConnection(const PostgresqlConnection&) = delete;
  PostgresqlConnection& operator=(const PostgresqlConnection&) = delete;

  Result<Rows> query(std::string_view sql, const Values& parameters = {}) override;
  Result<std::int64_t> execute(std::string_view sql, const Values& parameters = {}) override;
  Result<void> run_script(const std::string& sql) override;

  Result<void> begin(Isolation isolation, Durability durability);
  Result<void> commit();
  void rollback();

  /// What the last failure means for the transaction, or for the autocommitted statement.
  TransactionState state() const { return state_; }
  /// Forgets the last failure of an autocommitted statement.
  void reset_state() { state_ = TransactionState::Fine; }
  /// False once the server has gone, also when it went while the connection lay idle.
  bool alive() const;

 private:
  struct ResultDeleter {
    void operator()(pg_result* result) const;
  };
  using Answer = std::unique_ptr<pg_result, ResultDeleter>;

  explicit PostgresqlConnection(pg_conn* handle) : handle_(handle) {}
  Result<Answer> run(std::string_view sql, const Values& parameters);
  Result<Answer> checked(pg_result* result);
  Result<std::string> find_statement(std::string_view sql, const Values& parameters);
  std::unexpected<Error> failure(const pg_result* result);

  pg_conn* handle_;
  std::unordered_map<std::string, std::string, TextHash, std::equal_to<>>
      statements_;           // types + SQL → server-side name
  std::string key_;          // scratch: the key of the statement being looked up
  std::string full_commit_;  // synchronous_commit for Durability::Full: what the operator configured, at least "on"
  std::uint64_t next_name_ = 0;
  bool reused_statement_ = false;
  bool in_transaction_ = false;
  TransactionState state_ = TransactionState::Fine;
};

}  // namespace swarma::db
