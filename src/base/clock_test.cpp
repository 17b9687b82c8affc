#include "base/clock.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace swarma {
namespace {

using namespace std::chrono_literals;

TEST(Time, WhatEndsHoldsUpToItsLastSecond) {
  const Instant now(1'000);
  const Expiry end(now, 60s);
  EXPECT_FALSE(end.has_passed(now + 59s));
  EXPECT_TRUE(end.has_passed(now + 60s));
  EXPECT_EQ(end.left(now + 59s), 1s);
  EXPECT_EQ(end.left(now + 70s), -10s);
}

TEST(Time, NoKindOfTimePassesForAnother) {
  static_assert(!std::is_convertible_v<Instant, Expiry> && !std::is_convertible_v<Expiry, Instant>);
  static_assert(!std::is_constructible_v<Expiry, Instant> && !std::is_constructible_v<Instant, Expiry>);
  static_assert(!std::is_convertible_v<std::int64_t, Instant> && !std::is_convertible_v<std::int64_t, Expiry>);
  static_assert(!std::is_convertible_v<std::chrono::seconds, Instant>);
  static_assert(std::is_same_v<decltype(Instant() - Instant()), std::chrono::seconds>);
}

TEST(FakeClock, IsSetWithoutTimePassing) {
  FakeClock clock(Instant(1'000));
  const auto before = clock.monotonic();
  clock.set(-1h);
  EXPECT_EQ(clock.now(), Instant(1'000) - 1h);
  EXPECT_EQ(clock.monotonic(), before);
  clock.advance(5s);
  EXPECT_EQ(clock.now(), Instant(1'005) - 1h);
  EXPECT_EQ(clock.monotonic() - before, 5s);
}

}  // namespace
}  // namespace swarma
