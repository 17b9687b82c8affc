#include "net/stream_queue.h"

#include <utility>

namespace swarma::net {

bool StreamQueue::write(std::string_view piece) {
  std::unique_lock lock(mutex_);
  if (closed_ || too_slow_ || ended_) return false;
  if (bytes_.size() + piece.size() > max_bytes_ && !bytes_.empty()) {
    bytes_ = std::string();
    too_slow_ = true;
  } else {
    bytes_ += piece;
  }
  const bool taken = !too_slow_;
  signal(lock);
  return taken;
}

void StreamQueue::end(std::string_view last) {
  std::unique_lock lock(mutex_);
  if (std::exchange(ended_, true) || closed_ || too_slow_) return;
  bytes_ += last;
  signal(lock);
}

bool StreamQueue::is_open() const {
  const std::lock_guard lock(mutex_);
  return !closed_ && !too_slow_ && !ended_;
}

void StreamQueue::on_drained(std::function<void()> more) {
  std::unique_lock lock(mutex_);
  if (closed_) return;
  more_ = std::make_shared<const std::function<void()>>(std::move(more));
  signal(lock);
}

StreamQueue::Batch StreamQueue::take() {
  std::shared_ptr<const std::function<void()>> more;
  {
    const std::lock_guard lock(mutex_);
    signalled_ = false;
    if (bytes_.empty() && !ended_ && !too_slow_) more = more_;
  }
  if (more) (*more)();
  const std::lock_guard lock(mutex_);
  return {.bytes = std::exchange(bytes_, {}), .ended = ended_, .too_slow = too_slow_};
}

void StreamQueue::detach() {
  wake_ = nullptr;
  std::shared_ptr<const std::function<void()>> more;  // may own the writer, whose end() takes the lock
  const std::lock_guard lock(mutex_);
  closed_ = true;
  bytes_ = std::string();
  more.swap(more_);
}

/// One wake-up is under way at a time, however much is written meanwhile.
void StreamQueue::signal(std::unique_lock<std::mutex>& lock) {
  if (closed_ || std::exchange(signalled_, true)) return;
  lock.unlock();
  loop_->post([self = shared_from_this()] {
    if (self->wake_) self->wake_();
  });
}

}  // namespace swarma::net
