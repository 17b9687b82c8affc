// A fixed number of threads and a queue without bound: who calls run() bounds what waits.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace swarma {

/// Safe for concurrent use.
class WorkerPool {
 public:
  /// At least one thread.
  explicit WorkerPool(unsigned threads);
  /// Finishes everything that was queued, and waits for it.
  ~WorkerPool();
  /// Queues the work; returns at once.
  void run(std::move_only_function<void()> work);

 private:
  void loop();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::move_only_function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace swarma
