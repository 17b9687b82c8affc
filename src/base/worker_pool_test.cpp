#include "base/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

namespace swarma {
namespace {

TEST(WorkerPool, WorksOnSeveralThreadsAtOnce) {
  std::latch both(2);
  WorkerPool pool(2);
  for (int i = 0; i < 2; ++i) pool.run([&] { both.arrive_and_wait(); });  // one thread alone would wait forever
  both.wait();
}

TEST(WorkerPool, FinishesWhatWasQueued) {
  std::atomic<int> done{0};
  {
    std::latch begin(1);
    WorkerPool pool(0);  // one thread
    pool.run([&] { begin.wait(); });
    for (int i = 0; i < 100; ++i) pool.run([&] { ++done; });
    begin.count_down();
  }
  EXPECT_EQ(done, 100);
}

}  // namespace
}  // namespace swarma
