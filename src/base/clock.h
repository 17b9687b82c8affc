// Time is passed in: nothing below node/ reads the wall clock by itself.
#pragma once

#include <chrono>
#include <cstdint>

namespace swarma {

using UnixSeconds = std::int64_t;
using Millis = std::chrono::milliseconds;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::chrono::system_clock::time_point now() const = 0;
  /// Never set, never goes back: for the time that passed between two moments of this process.
  virtual std::chrono::steady_clock::time_point monotonic() const = 0;
  UnixSeconds seconds() const { return std::chrono::floor<std::chrono::seconds>(now()).time_since_epoch().count(); }
};

class SystemClock final : public Clock {
 public:
  std::chrono::system_clock::time_point now() const override { return std::chrono::system_clock::now(); }
  std::chrono::steady_clock::time_point monotonic() const override { return std::chrono::steady_clock::now(); }
};

/// A clock that a test moves. Not safe for concurrent use.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(UnixSeconds start = 1'800'000'000) : now_(std::chrono::seconds(start)) {}
  std::chrono::system_clock::time_point now() const override { return std::chrono::system_clock::time_point(now_); }
  std::chrono::steady_clock::time_point monotonic() const override {
    return std::chrono::steady_clock::time_point(passed_);
  }
  /// Time passes.
  void advance(std::chrono::seconds by) {
    now_ += by;
    passed_ += by;
  }
  /// Somebody sets the clock, forward or back, while no time passes.
  void set(std::chrono::seconds by) { now_ += by; }

 private:
  std::chrono::system_clock::duration now_;
  std::chrono::steady_clock::duration passed_{};
};

}  // namespace swarma
