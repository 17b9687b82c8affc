#include "work/timers.h"

#include <gtest/gtest.h>

#include <atomic>

namespace swarma::work {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

TEST(Timers, RunWhenTheirTimeHasCome) {
  FakeClock clock;
  std::atomic<int> often = 0, seldom = 0;
  Timers timers(
      {{.name = "often", .every = minutes(1), .run = [&]() -> Result<void> { return ++often, Result<void>(); }},
       {.name = "seldom", .every = minutes(60), .run = [&]() -> Result<void> { return ++seldom, Result<void>(); }}},
      clock);
  timers.run(false);
  EXPECT_EQ(often, 0);
  clock.advance(seconds(60));
  timers.run(false);
  timers.run(false);
  EXPECT_EQ(often, 1);
  EXPECT_EQ(seldom, 0);
  clock.advance(minutes(59));
  timers.run(false);
  EXPECT_EQ(often, 2);  // what was missed is not made up for
  EXPECT_EQ(seldom, 1);
}

TEST(Timers, GoOnAfterAFailure) {
  FakeClock clock;
  int runs = 0;
  Timers timers({{.name = "fails",
                  .every = minutes(1),
                  .run = [&]() -> Result<void> {
                    ++runs;
                    return fail(ErrorCode::Unavailable, "database_unavailable", "No.");
                  }}},
                clock);
  timers.run(true);
  timers.run(true);
  EXPECT_EQ(runs, 2);
}

TEST(Timers, RunByThemselves) {
  FakeClock clock;
  std::atomic<bool> ran = false;
  Timers timers(
      {{.name = "soon", .every = seconds(1), .run = [&]() -> Result<void> { return ran = true, Result<void>(); }}},
      clock);
  clock.advance(seconds(1));
  while (!ran) std::this_thread::yield();
}

TEST(Timers, AreNotMovedByAClockThatIsSet) {
  FakeClock clock;
  int runs = 0;
  Timers timers(
      {{.name = "minute", .every = minutes(1), .run = [&]() -> Result<void> { return ++runs, Result<void>(); }}},
      clock);
  clock.set(std::chrono::days(400));
  timers.run(false);
  EXPECT_EQ(runs, 0);
}

}  // namespace
}  // namespace swarma::work
