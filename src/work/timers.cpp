#include "work/timers.h"

#include "base/log.h"

namespace swarma::work {
namespace {

constexpr std::chrono::seconds kLook{1};  // how late a timer may run

}  // namespace

Timers::Timers(std::vector<Timer> timers, const Clock& clock) : clock_(clock) {
  for (Timer& timer : timers) {
    const auto first = clock.monotonic() + timer.every;
    timers_.push_back({std::move(timer), first});
  }
  thread_ = std::thread([this] { loop(); });
}

Timers::~Timers() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Timers::loop() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kLook, [this] { return stopping_; })) {
    lock.unlock();
    run(false);
    lock.lock();
  }
}

void Timers::run(bool all) {
  const std::lock_guard one_at_a_time(running_);
  for (Due& due : timers_) {
    const auto now = clock_.monotonic();
    if (!all && now < due.at) continue;
    due.at = now + due.timer.every;
    if (const auto done = due.timer.run(); !done)
      log::warning("timer_failed", {{"timer", due.timer.name}, {"message", done.error().message}});
  }
}

}  // namespace swarma::work
