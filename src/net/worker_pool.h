// Threads for work that may block. Made as needed up to a limit; no two tasks of one connection wait here at a time,
// so the queue is never longer than there are connections.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace swarma::net {

class WorkerPool {
 public:
  using Task = std::move_only_function<void()>;

  explicit WorkerPool(unsigned max_threads) : max_threads_(max_threads == 0 ? 1 : max_threads) {}
  ~WorkerPool() { join(); }

  /// Tasks must not throw. After join() the task is destroyed without being run.
  void post(Task task);
  /// Waits for the tasks that run; those that wait are dropped.
  void join();

 private:
  void work();

  const unsigned max_threads_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> queue_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace swarma::net
