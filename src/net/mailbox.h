// How other threads reach an event loop for as long as it runs. Only net/ includes this.
#pragma once

#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <functional>
#include <mutex>
#include <optional>

namespace swarma::net {

class Mailbox {
 public:
  explicit Mailbox(asio::io_context::executor_type loop) : loop_(loop) {}

  /// Runs `task` on the loop, or destroys it if the loop has ended. From any thread.
  template <class Task>
  void post(Task task) {
    const std::lock_guard lock(mutex_);
    if (loop_) asio::post(*loop_, std::move(task));
  }
  void close() {
    const std::lock_guard lock(mutex_);
    loop_.reset();
  }

 private:
  std::mutex mutex_;
  std::optional<asio::io_context::executor_type> loop_;
};

}  // namespace swarma::net
