// What lies between the writer of a stream and the connection that sends it. Only net/ includes this.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "net/mailbox.h"

namespace swarma::net {

class StreamQueue : public std::enable_shared_from_this<StreamQueue> {
 public:
  /// `wake` is called on the loop when there is something to take; never after detach().
  StreamQueue(std::shared_ptr<Mailbox> loop, std::size_t max_bytes, std::function<void()> wake)
      : loop_(std::move(loop)), max_bytes_(max_bytes), wake_(std::move(wake)) {}

  // For the writer, from any thread.
  bool write(std::string_view piece);
  /// `last` leaves behind what was written; nothing is taken after it.
  void end(std::string_view last = {});
  bool is_open() const;
  void on_drained(std::function<void()> more);

  // For the connection, on the loop.
  struct Batch {
    std::string bytes;
    bool ended = false;
    bool too_slow = false;
  };
  /// What waits; if nothing does, the writer is asked for more first.
  Batch take();
  /// Nothing is taken any more, and what the writer left here is let go of.
  void detach();

 private:
  void signal(std::unique_lock<std::mutex>& lock);

  const std::shared_ptr<Mailbox> loop_;
  const std::size_t max_bytes_;
  std::function<void()> wake_;  // on the loop only; empty once detached
  mutable std::mutex mutex_;
  std::shared_ptr<const std::function<void()>> more_;
  std::string bytes_;
  bool signalled_ = false, ended_ = false, too_slow_ = false, closed_ = false;
};

}  // namespace swarma::net
