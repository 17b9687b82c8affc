#include <chrono>
#include <thread>

#include "base/random.h"
#include "db/postgresql_connection.h"

namespace swarma::db {
namespace {

using Connection = std::unique_ptr<PostgresqlConnection>;  // empty: not connected yet, or the server went

// Under contention each round lets at least one transaction through; the wait grows to about half a second.
constexpr unsigned kMaxAttempts = 24;

/// A random pause, so that transactions that met once do not meet again.
void back_off(unsigned attempt) {
  const unsigned ceiling_us = std::min(500u << std::min(attempt, 10u), 500'000u);
  const auto random = random_array<4>();
  const unsigned value = unsigned{random[0]} | unsigned{random[1]} << 8 | unsigned{random[2]} << 16;
  std::this_thread::sleep_for(std::chrono::microseconds(value % ceiling_us));
}

class PostgresqlDatabase final : public Database {
 public:
  PostgresqlDatabase(std::string url, Connection first, unsigned connections) : url_(std::move(url)) {
    for (unsigned i = 1; i < connections; ++i) pool_.put(nullptr);
    pool_.put(std::move(first));
  }

  Result<void> transact(const std::function<Result<void>(Session&)>& work, Durability durability) override {
    return transact_script([&work](ScriptSession& session) { return work(session); },
                           PostgresqlConnection::Isolation::Serializable, durability);
  }

  Result<Rows> query(std::string_view sql, const Values& parameters) override {
    return once<Rows>([&](PostgresqlConnection& connection) { return connection.query(sql, parameters); });
  }

  Result<std::int64_t> execute(std::string_view sql, const Values& parameters) override {
    return once<std::int64_t>([&](PostgresqlConnection& connection) { return connection.execute(sql, parameters); });
  }

  Result<void> migrate(std::span<const Migration> migrations) override {
    // READ COMMITTED: what is read after the lock must be newer than the wait for it.
    return transact_script(
        [&](ScriptSession& session) -> Result<void> {
          SWARMA_CHECK(session.run_script("SELECT pg_advisory_xact_lock(7811887347109)"));  // any fixed number: ours
          return apply_migrations(session, migrations, is_postgresql());
        },
        PostgresqlConnection::Isolation::ReadCommitted, Durability::Full);
  }

  bool is_postgresql() const override { return true; }

 private:
  Result<void> connect(Connection& connection) {
    if (connection != nullptr && connection->alive()) return {};
    connection.reset();
    SWARMA_TRY(connection, PostgresqlConnection::open(url_));
    return {};
  }

  /// An autocommitted statement. One that lost against another was undone, so it can be repeated.
  template <class T, class Work>
  Result<T> once(const Work& work) {
    SWARMA_CHECK(TransactionScope::check_outside(*this));
    auto lease = pool_.borrow();
    SWARMA_CHECK(connect(*lease));
    for (unsigned attempt = 0;; ++attempt) {
      (*lease)->reset_state();
      Result<T> done = work(**lease);
      if (done || (*lease)->state() != TransactionState::Retry || attempt + 1 == kMaxAttempts) return done;
      back_off(attempt);
    }
  }

  Result<void> transact_script(const std::function<Result<void>(ScriptSession&)>& work,
                               PostgresqlConnection::Isolation isolation, Durability durability) {
    SWARMA_CHECK(TransactionScope::check_outside(*this));
    auto lease = pool_.borrow();
    const TransactionScope scope(*this);
    for (unsigned attempt = 0;; ++attempt) {
      SWARMA_CHECK(connect(*lease));
      Result<void> done = attempt_transaction(**lease, work, isolation, durability);
      if (done || (*lease)->state() != TransactionState::Retry || attempt + 1 == kMaxAttempts) return done;
      back_off(attempt);
    }
  }

  static Result<void> attempt_transaction(PostgresqlConnection& connection,
                                          const std::function<Result<void>(ScriptSession&)>& work,
                                          PostgresqlConnection::Isolation isolation, Durability durability) {
    SWARMA_CHECK(connection.begin(isolation, durability));
    if (auto done = work(connection); !done) {
      connection.rollback();
      return done;
    }
    if (connection.state() != TransactionState::Fine) {
      connection.rollback();
      return fail(ErrorCode::Internal, "transaction_failed",
                  "A failed statement was ignored: the transaction was undone.");
    }
    return connection.commit();
  }

  std::string url_;
  Pool<Connection> pool_;
};

}  // namespace

Result<std::unique_ptr<Database>> open_postgresql(const std::string& url, unsigned connections) {
  SWARMA_TRY(auto first, PostgresqlConnection::open(url));
  return std::make_unique<PostgresqlDatabase>(url, std::move(first), connections);
}

}  // namespace swarma::db
