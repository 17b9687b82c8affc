#include <atomic>
#include <chrono>
#include <thread>

#include "base/random.h"
#include "db/postgresql_connection.h"

namespace swarma::db {
namespace {

using Connection = std::unique_ptr<PostgresqlConnection>;  // empty: not connected yet, or the server went

// Under contention each round lets at least one transaction through; the wait grows to about half a second.
constexpr std::chrono::seconds kRetryTime{5};
constexpr std::chrono::milliseconds kPoolPatience{2'000};
// A server that could not be reached a moment ago is not asked again by everybody: each would wait for the same.
constexpr std::chrono::milliseconds kReconnectPause{1'000};

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
          SWARMA_RETURN_IF_ERROR(session.run_script("SET LOCAL lock_timeout=60000; SET LOCAL statement_timeout=0"));
          SWARMA_RETURN_IF_ERROR(
              session.run_script("SELECT pg_advisory_xact_lock(7811887347109)"));  // any fixed number: ours
          SWARMA_TRY(migrated_, apply_migrations(session, migrations, is_postgresql()));
          return {};
        },
        PostgresqlConnection::Isolation::ReadCommitted, Durability::Full);
  }

  bool is_postgresql() const override { return true; }

  Result<void> check() override {
    return once<void>([this](PostgresqlConnection& connection) { return check_migrations(connection, migrated_); });
  }

 private:
  Result<Pool<Connection>::Lease> borrow() {
    auto lease = pool_.borrow(kPoolPatience);
    if (!lease)
      return fail(ErrorCode::Unavailable, "database_busy", "All connections to the database are in use. Try again.",
                  std::chrono::seconds(2));
    return *std::move(lease);
  }

  Result<void> connect(Connection& connection) {
    if (connection != nullptr && connection->alive()) return {};
    connection.reset();
    {
      const std::lock_guard lock(failure_mutex_);
      if (std::chrono::steady_clock::now() < not_before_) return std::unexpected(last_failure_);
    }
    auto opened = PostgresqlConnection::open(url_);
    if (!opened) {
      const std::lock_guard lock(failure_mutex_);
      last_failure_ = opened.error();
      not_before_ = std::chrono::steady_clock::now() + kReconnectPause;
      return std::unexpected(std::move(opened).error());
    }
    connection = *std::move(opened);
    return {};
  }

  /// An autocommitted statement. One that lost against another was undone, so it can be repeated.
  template <class T, class Work>
  Result<T> once(const Work& work) {
    SWARMA_RETURN_IF_ERROR(TransactionScope::check_outside(*this));
    const auto give_up = std::chrono::steady_clock::now() + kRetryTime;
    SWARMA_TRY(auto lease, borrow());
    SWARMA_RETURN_IF_ERROR(connect(*lease));
    for (unsigned attempt = 0;; ++attempt) {
      (*lease)->reset_state();
      Result<T> done = work(**lease);
      if (done || (*lease)->state() != TransactionState::Retry || std::chrono::steady_clock::now() > give_up)
        return done;
      back_off(attempt);
    }
  }

  Result<void> transact_script(const std::function<Result<void>(ScriptSession&)>& work,
                               PostgresqlConnection::Isolation isolation, Durability durability) {
    SWARMA_RETURN_IF_ERROR(TransactionScope::check_outside(*this));
    const auto give_up = std::chrono::steady_clock::now() + kRetryTime;
    SWARMA_TRY(auto lease, borrow());
    const TransactionScope scope(*this);
    for (unsigned attempt = 0;; ++attempt) {
      SWARMA_RETURN_IF_ERROR(connect(*lease));
      Result<void> done = attempt_transaction(**lease, work, isolation, durability);
      if (done || (*lease)->state() != TransactionState::Retry || std::chrono::steady_clock::now() > give_up)
        return done;
      back_off(attempt);
    }
  }

  static Result<void> attempt_transaction(PostgresqlConnection& connection,
                                          const std::function<Result<void>(ScriptSession&)>& work,
                                          PostgresqlConnection::Isolation isolation, Durability durability) {
    SWARMA_RETURN_IF_ERROR(connection.begin(isolation, durability));
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
  std::atomic<std::int64_t> migrated_{0};
  std::mutex failure_mutex_;
  Error last_failure_{ErrorCode::Unavailable, "database_unavailable", ""};
  std::chrono::steady_clock::time_point not_before_{};  // the next try to connect, after one that failed
};

}  // namespace

Result<std::unique_ptr<Database>> open_postgresql(const std::string& url, unsigned connections) {
  SWARMA_TRY(auto first, PostgresqlConnection::open(url));
  return std::make_unique<PostgresqlDatabase>(url, std::move(first), connections);
}

}  // namespace swarma::db
