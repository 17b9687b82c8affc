// Time is passed in: nothing below node/ reads the wall clock by itself. What happens, what ends and how long it lasts
// are three types, so that none passes for another.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <compare>
#include <cstdint>

namespace swarma {

using Millis = std::chrono::milliseconds;

/// When something happens: whole seconds of Unix time. Written and stored as a plain number (unix_s).
class Instant {
 public:
  constexpr Instant() = default;
  explicit constexpr Instant(std::int64_t unix_s) : unix_s_(unix_s) {}
  constexpr std::int64_t unix_s() const { return unix_s_; }

  constexpr Instant& operator+=(std::chrono::seconds by) { return *this = *this + by; }
  constexpr Instant& operator-=(std::chrono::seconds by) { return *this = *this - by; }
  friend constexpr auto operator<=>(Instant, Instant) = default;
  friend constexpr Instant operator+(Instant at, std::chrono::seconds by) { return Instant(at.unix_s_ + by.count()); }
  friend constexpr Instant operator-(Instant at, std::chrono::seconds by) { return Instant(at.unix_s_ - by.count()); }
  friend constexpr std::chrono::seconds operator-(Instant a, Instant b) {
    return std::chrono::seconds(a.unix_s_ - b.unix_s_);
  }

 private:
  std::int64_t unix_s_ = 0;
};

/// When something ends: the first second in which it does not hold any more.
class Expiry {
 public:
  constexpr Expiry() = default;
  explicit constexpr Expiry(std::int64_t unix_s) : unix_s_(unix_s) {}
  constexpr Expiry(Instant from, std::chrono::seconds life) : unix_s_((from + life).unix_s()) {}
  constexpr std::int64_t unix_s() const { return unix_s_; }

  constexpr bool has_passed(Instant now) const { return unix_s_ <= now.unix_s(); }
  /// How long it still holds; zero or less once it has passed.
  constexpr std::chrono::seconds left(Instant now) const { return std::chrono::seconds(unix_s_ - now.unix_s()); }
  friend constexpr auto operator<=>(Expiry, Expiry) = default;

 private:
  std::int64_t unix_s_ = 0;
};

/// Safe for concurrent use.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::chrono::system_clock::time_point wall_time() const = 0;
  /// Never set, never goes back: for the time that passed between two moments of this process.
  virtual std::chrono::steady_clock::time_point monotonic() const = 0;
  Instant now() const {
    return Instant(std::chrono::floor<std::chrono::seconds>(wall_time()).time_since_epoch().count());
  }
};

class SystemClock final : public Clock {
 public:
  std::chrono::system_clock::time_point wall_time() const override { return std::chrono::system_clock::now(); }
  std::chrono::steady_clock::time_point monotonic() const override { return std::chrono::steady_clock::now(); }
};

inline const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

/// Follows a clock, but by no more than the time that passed since it was made: a jump forward does not carry it along.
/// For forgetting what a clock that is set right again must still know. Safe for concurrent use.
class UnhurriedClock {
 public:
  explicit UnhurriedClock(const Clock& clock) : clock_(clock), started_at_(clock.now()), started_(clock.monotonic()) {}
  Instant now() const {
    const auto passed = std::chrono::floor<std::chrono::seconds>(clock_.monotonic() - started_);
    return std::min(clock_.now(), started_at_ + passed);
  }

 private:
  const Clock& clock_;
  Instant started_at_;
  std::chrono::steady_clock::time_point started_;
};

/// A clock that a test moves.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(Instant start = Instant(1'800'000'000)) : wall_(std::chrono::seconds(start.unix_s())) {}
  std::chrono::system_clock::time_point wall_time() const override {
    return std::chrono::system_clock::time_point(wall_.load());
  }
  std::chrono::steady_clock::time_point monotonic() const override {
    return std::chrono::steady_clock::time_point(passed_.load());
  }
  /// Time passes.
  void advance(std::chrono::seconds by) {
    set(by);
    passed_ = passed_.load() + by;
  }
  /// Somebody sets the clock, forward or back, while no time passes.
  void set(std::chrono::seconds by) { wall_ = wall_.load() + by; }

 private:
  std::atomic<std::chrono::system_clock::duration> wall_;
  std::atomic<std::chrono::steady_clock::duration> passed_{};
};

}  // namespace swarma
