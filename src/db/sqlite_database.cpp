#include <atomic>

#include "base/log.h"
#include "base/no_waiting.h"
#include "db/sqlite_connection.h"

namespace swarma::db {
namespace {

// Of the threads that may block, so many wait for another process at the most.
constexpr int kWaitingWriters = 2;
constexpr int kWaitingReaders = 1;

class SqliteDatabase final : public Database {
 public:
  static Result<std::unique_ptr<Database>> open(const std::string& path, unsigned connections) {
    auto database = std::make_unique<SqliteDatabase>();
    const StartPatience patience(*database);
    SWARMA_TRY(database->writer_, SqliteConnection::open(path, SqliteConnection::Access::Write, database->write_lock_));
    database->has_readers_ = path != ":memory:";
    for (unsigned i = 0; database->has_readers_ && i < connections; ++i) {
      SWARMA_TRY(auto reader, SqliteConnection::open(path, SqliteConnection::Access::Read, database->read_lock_));
      database->readers_.put(std::move(reader));
    }
    return database;
  }

  Result<void> transact(const std::function<Result<void>(Session&)>& work, Durability durability) override {
    return transact_script([&work](ScriptSession& session) { return work(session); }, durability);
  }

  Result<Rows> query(std::string_view sql, const Values& parameters) override {
    SWARMA_RETURN_IF_ERROR(TransactionScope::check_outside(*this));
    if (has_readers_) {
      auto reader = readers_.borrow(NoWaiting::here() ? kLoopPatience : kPatience);
      if (!reader) return database_busy();
      SWARMA_TRY(const bool reads, watched((**reader)->only_reads(sql)));
      if (reads) return watched((**reader)->query(sql, parameters));
    }
    SWARMA_RETURN_IF_ERROR(gate_.enter());
    const Leaving leaving(gate_);
    SWARMA_RETURN_IF_ERROR(ready_to_write(Durability::Normal));
    return watched(writer_->query(sql, parameters));
  }

  Result<std::int64_t> execute(std::string_view sql, const Values& parameters) override {
    SWARMA_RETURN_IF_ERROR(TransactionScope::check_outside(*this));
    SWARMA_RETURN_IF_ERROR(gate_.enter());
    const Leaving leaving(gate_);
    SWARMA_RETURN_IF_ERROR(ready_to_write(Durability::Normal));
    return watched(writer_->execute(sql, parameters));
  }

  Result<void> migrate(std::span<const Migration> migrations) override {
    const StartPatience patience(*this);
    return transact_script(
        [&](ScriptSession& session) -> Result<void> {
          SWARMA_TRY(migrated_, apply_migrations(session, migrations, is_postgresql()));
          return {};
        },
        Durability::Full);
  }

  bool is_postgresql() const override { return false; }

  Result<void> check() override {
    if (!has_readers_) return {};
    if (damaged_) return damaged();
    auto reader = readers_.borrow(kPatience);
    if (!reader) return database_busy();
    SWARMA_RETURN_IF_ERROR(watched((**reader)->check_file()));
    return watched(check_migrations(***reader, migrated_));
  }

 private:
  class Leaving {
   public:
    explicit Leaving(WriterGate& gate) : gate_(gate) {}
    ~Leaving() { gate_.leave(); }
    Leaving(const Leaving&) = delete;
    Leaving& operator=(const Leaving&) = delete;

   private:
    WriterGate& gate_;
  };

  class StartPatience {
   public:
    explicit StartPatience(SqliteDatabase& database) : database_(database) { set(kStartPatience); }
    ~StartPatience() { set(kPatience); }
    StartPatience(const StartPatience&) = delete;
    StartPatience& operator=(const StartPatience&) = delete;

   private:
    void set(std::chrono::milliseconds patience) {
      database_.write_lock_.set_patience(patience);
      database_.read_lock_.set_patience(patience);
    }
    SqliteDatabase& database_;
  };

  Result<void> transact_script(const std::function<Result<void>(ScriptSession&)>& work, Durability durability) {
    SWARMA_RETURN_IF_ERROR(TransactionScope::check_outside(*this));
    SWARMA_RETURN_IF_ERROR(gate_.enter());
    const Leaving leaving(gate_);
    const TransactionScope scope(*this);
    SWARMA_RETURN_IF_ERROR(ready_to_write(durability));
    SWARMA_RETURN_IF_ERROR(watched(writer_->begin()));
    if (auto done = work(*writer_); !done) {
      writer_->rollback();
      return watched(std::move(done));
    }
    if (writer_->failed()) {
      writer_->rollback();
      return fail(ErrorCode::Internal, "transaction_failed",
                  "A failed statement was ignored: the transaction was undone.");
    }
    return watched(writer_->commit());
  }

  static std::unexpected<Error> damaged() {
    return fail(
        ErrorCode::Io, "database_damaged",
        "The database was found damaged or gone. Nothing is written to it until it is repaired or put back and the "
        "node is started again.");
  }

  Result<void> ready_to_write(Durability durability) {
    if (damaged_) return damaged();
    if (has_readers_) SWARMA_RETURN_IF_ERROR(watched(writer_->check_place()));
    return writer_->set_durability(durability);
  }

  /// Remembers, and says loudly once, that the file is not what it was.
  template <class T>
  Result<T> watched(Result<T> result) {
    const bool bad =
        !result && (result.error().reason == "database_corrupt" || result.error().reason == "database_gone");
    if (bad && !damaged_.exchange(true))
      log::error("database_damaged", {{"reason", result.error().reason},
                                      {"message", result.error().message},
                                      {"what_now", "nothing is written any more; repair it and start the node again"}});
    return result;
  }

  LockWait write_lock_{kWaitingWriters}, read_lock_{kWaitingReaders};
  WriterGate gate_{write_lock_};
  std::unique_ptr<SqliteConnection> writer_;
  bool has_readers_ = false;  // none for :memory:, where each connection would be a database of its own
  Pool<std::unique_ptr<SqliteConnection>> readers_;
  std::atomic<bool> damaged_{false};
  std::atomic<std::int64_t> migrated_{0};
};

}  // namespace

Result<std::unique_ptr<Database>> open_sqlite(const std::string& path, unsigned connections) {
  return SqliteDatabase::open(path, connections);
}

}  // namespace swarma::db
