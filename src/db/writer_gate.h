// Who may use the one writing connection to a SQLite file, and how long anybody waits when another process holds the
// file. All waits are bounded:
//
//  - behind a writer of this process: kPatience, on a thread that must not wait kLoopPatience;
//  - for another process: for kGrace whoever may wait, because another node or command that merely writes too is gone
//    by then; from then until kPatience after the lock was first met the first few; all others are refused at once, and
//    whoever must not wait always.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>

#include "base/error.h"

namespace swarma::db {

inline constexpr std::chrono::milliseconds kPatience{2'000};
inline constexpr std::chrono::milliseconds kStartPatience{10'000};  // nobody is served yet
inline constexpr std::chrono::milliseconds kLoopPatience{20};
inline constexpr std::chrono::milliseconds kGrace{300};

/// Unavailable "database_busy". Notes a refusal where nothing may wait (base/no_waiting.h).
std::unexpected<Error> database_busy();

/// The wait for a lock that another process holds. Safe for concurrent use.
class LockWait {
 public:
  explicit LockWait(int max_waiting) : max_waiting_(max_waiting) {}

  /// The lock is taken. True after a short pause: try again. `waits` is the caller's: whether it has a place among
  /// those who wait.
  bool pause(bool& waits);
  /// Gives the place back.
  void stop(bool& waits);
  /// The lock was had: who comes next starts counting anew.
  void had() { since_.store(0, std::memory_order_relaxed); }
  bool is_blocked() const { return since_.load(std::memory_order_relaxed) != 0; }
  /// For longer than kGrace.
  bool is_blocked_for_long() const;
  int max_waiting() const { return max_waiting_; }
  /// Called, on the thread that finds out, when somebody is found in the way.
  void on_blocked(std::function<void()> call) { on_blocked_ = std::move(call); }
  void set_patience(std::chrono::milliseconds patience) { patience_ms_ = patience.count(); }

 private:
  const int max_waiting_;
  std::function<void()> on_blocked_;
  std::atomic<std::int64_t> patience_ms_{kPatience.count()};
  std::atomic<std::int64_t> since_{0};  // steady clock, ms; 0: nobody is in the way
  std::atomic<int> waiting_{0};
};

class WriterGate {
 public:
  explicit WriterGate(LockWait& lock) : lock_(lock) {
    lock.on_blocked([this] { wake_all(); });
  }
  Result<void> enter();
  void leave();

 private:
  /// Those who wait behind a writer that has met another process' lock must not all wait with it.
  void wake_all() {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  }

  LockWait& lock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool taken_ = false;
  int waiting_ = 0;
};

}  // namespace swarma::db
