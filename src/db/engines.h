// What the two engines share inside db/: nothing outside includes this.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "db/database.h"

namespace swarma::db {

Result<std::unique_ptr<Database>> open_sqlite(const std::string& path, unsigned connections);
Result<std::unique_ptr<Database>> open_postgresql(const std::string& url, unsigned connections);

/// Statements kept per connection. Our SQL is fixed text, well below this; beyond it the cache starts anew.
inline constexpr std::size_t kMaxStatements = 512;

/// How a transaction on a connection stands.
enum class TransactionState { Fine, Failed, Retry };

/// A connection that can also run whole scripts: what migrations need.
class ScriptSession : public Session {
 public:
  virtual Result<void> run_script(const std::string& sql) = 0;
};

/// The body of Database::migrate, inside a transaction that excludes other migrators. The number of all that are
/// applied.
Result<std::int64_t> apply_migrations(ScriptSession& session, std::span<const Migration> migrations, bool postgresql);

/// Io "database_corrupt" when fewer migrations are recorded than this process has seen applied.
Result<void> check_migrations(Session& session, std::int64_t at_least);

/// Heterogeneous lookup: a statement is found by string_view without a copy.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

/// Marks the calling thread as inside a transaction of `database` while alive.
class TransactionScope {
 public:
  explicit TransactionScope(const Database& database);
  ~TransactionScope();
  TransactionScope(const TransactionScope&) = delete;
  TransactionScope& operator=(const TransactionScope&) = delete;
  /// Internal ("nested_database_call") when the calling thread is inside a transaction of `database`.
  static Result<void> check_outside(const Database& database);

 private:
  const Database* database_;
  TransactionScope* outer_;
};

/// Things lent one at a time, last returned first (its caches are warm).
template <class T>
class Pool {
 public:
  class Lease {
   public:
    Lease(Pool& pool, T item) : pool_(&pool), item_(std::move(item)) {}
    ~Lease() {
      if (pool_ != nullptr) pool_->put(std::move(item_));
    }
    Lease(Lease&& other) noexcept : pool_(std::exchange(other.pool_, nullptr)), item_(std::move(other.item_)) {}
    Lease& operator=(Lease&&) = delete;
    T& operator*() { return item_; }

   private:
    Pool* pool_;
    T item_;
  };

  void put(T item) {
    {
      const std::lock_guard lock(mutex_);
      free_.push_back(std::move(item));
    }
    returned_.notify_one();
  }
  /// Nothing when none comes back in time.
  std::optional<Lease> borrow(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    if (!returned_.wait_for(lock, patience, [&] { return !free_.empty(); })) return std::nullopt;
    T item = std::move(free_.back());
    free_.pop_back();
    return Lease(*this, std::move(item));
  }

 private:
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<T> free_;
};

}  // namespace swarma::db
