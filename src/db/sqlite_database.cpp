#include "db/sqlite_connection.h"

namespace swarma::db {
namespace {

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(std::unique_ptr<SqliteConnection> writer, std::vector<std::unique_ptr<SqliteConnection>> readers)
      : writer_(std::move(writer)), has_readers_(!readers.empty()) {
    for (auto& reader : readers) readers_.put(std::move(reader));
  }

  Result<void> transact(const std::function<Result<void>(Session&)>& work, Durability durability) override {
    return transact_script([&work](ScriptSession& session) { return work(session); }, durability);
  }

  Result<Rows> query(std::string_view sql, const Values& parameters) override {
    SWARMA_CHECK(TransactionScope::check_outside(*this));
    if (has_readers_) {
      auto reader = readers_.borrow();
      SWARMA_TRY(const bool reads, (*reader)->only_reads(sql));
      if (reads) return (*reader)->query(sql, parameters);
    }
    const std::lock_guard lock(writing_);
    SWARMA_CHECK(writer_->set_durability(Durability::Normal));
    return writer_->query(sql, parameters);
  }

  Result<std::int64_t> execute(std::string_view sql, const Values& parameters) override {
    SWARMA_CHECK(TransactionScope::check_outside(*this));
    const std::lock_guard lock(writing_);
    SWARMA_CHECK(writer_->set_durability(Durability::Normal));
    return writer_->execute(sql, parameters);
  }

  Result<void> migrate(std::span<const Migration> migrations) override {
    return transact_script(
        [&](ScriptSession& session) { return apply_migrations(session, migrations, is_postgresql()); },
        Durability::Full);
  }

  bool is_postgresql() const override { return false; }

 private:
  Result<void> transact_script(const std::function<Result<void>(ScriptSession&)>& work, Durability durability) {
    SWARMA_CHECK(TransactionScope::check_outside(*this));
    const std::lock_guard lock(writing_);
    const TransactionScope scope(*this);
    SWARMA_CHECK(writer_->set_durability(durability));
    SWARMA_CHECK(writer_->begin());
    if (auto done = work(*writer_); !done) {
      writer_->rollback();
      return done;
    }
    if (writer_->failed()) {
      writer_->rollback();
      return fail(ErrorCode::Internal, "transaction_failed",
                  "A failed statement was ignored: the transaction was undone.");
    }
    return writer_->commit();
  }

  std::mutex writing_;
  std::unique_ptr<SqliteConnection> writer_;
  bool has_readers_;  // none for :memory:, where each connection would be a database of its own
  Pool<std::unique_ptr<SqliteConnection>> readers_;
};

}  // namespace

Result<std::unique_ptr<Database>> open_sqlite(const std::string& path, unsigned connections) {
  SWARMA_TRY(auto writer, SqliteConnection::open(path, SqliteConnection::Access::Write));
  std::vector<std::unique_ptr<SqliteConnection>> readers;
  for (unsigned i = 0; path != ":memory:" && i < connections; ++i) {
    SWARMA_TRY(auto reader, SqliteConnection::open(path, SqliteConnection::Access::Read));
    readers.push_back(std::move(reader));
  }
  return std::make_unique<SqliteDatabase>(std::move(writer), std::move(readers));
}

}  // namespace swarma::db
