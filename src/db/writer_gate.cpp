#include "db/writer_gate.h"

#include <algorithm>
#include <thread>

#include "base/no_waiting.h"

namespace swarma::db {
namespace {

constexpr std::chrono::milliseconds kPause{5};  // between two looks at another process' lock
constexpr std::chrono::seconds kComeAgain{2};

std::int64_t steady_ms() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::steady_clock::now()).time_since_epoch().count();
}

}  // namespace

std::unexpected<Error> database_busy() {
  NoWaiting::note_refusal();
  return fail(ErrorCode::Unavailable, "database_busy",
              "The database is held by another program, or its disk is slow. Try again in a moment.", kComeAgain);
}

bool LockWait::pause(bool& waits) {
  const std::int64_t now = steady_ms();
  std::int64_t since = 0;
  if (since_.compare_exchange_strong(since, now)) {
    since = now;
    if (on_blocked_) on_blocked_();
  }
  if (NoWaiting::here() || now - since >= patience_ms_) return false;
  if (!waits && now - since >= kGrace.count()) {
    if (waiting_.fetch_add(1) >= max_waiting_) {
      waiting_.fetch_sub(1);
      return false;
    }
    waits = true;
  }
  std::this_thread::sleep_for(kPause);
  return true;
}

bool LockWait::is_blocked_for_long() const {
  const std::int64_t since = since_.load(std::memory_order_relaxed);
  return since != 0 && steady_ms() - since >= kGrace.count();
}

void LockWait::stop(bool& waits) {
  if (waits) waiting_.fetch_sub(1);
  waits = false;
}

Result<void> WriterGate::enter() {
  std::unique_lock lock(mutex_);
  if (!taken_) {
    taken_ = true;
    return {};
  }
  const bool may_wait = !NoWaiting::here();
  ++waiting_;
  const auto until = std::chrono::steady_clock::now() + (may_wait ? kPatience : kLoopPatience);
  // Behind a writer that waits for another process only as many wait as may, and no event loop.
  const auto hopeless = [&] {
    return may_wait ? lock_.is_blocked_for_long() && waiting_ >= lock_.max_waiting() : lock_.is_blocked();
  };
  for (auto now = std::chrono::steady_clock::now(); taken_ && !hopeless() && now < until;
       now = std::chrono::steady_clock::now())
    changed_.wait_until(lock, std::min(until, now + kGrace / 4));
  --waiting_;
  if (taken_) return database_busy();
  taken_ = true;
  return {};
}

void WriterGate::leave() {
  {
    const std::lock_guard lock(mutex_);
    taken_ = false;
  }
  changed_.notify_one();
}

}  // namespace swarma::db
