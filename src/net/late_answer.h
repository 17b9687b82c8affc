// What a connection waits for when a handler answers later. Only net/ includes this.
#pragma once

#include <asio/steady_timer.hpp>
#include <memory>
#include <mutex>
#include <optional>

#include "net/loop_types.h"
#include "net/mailbox.h"
#include "net/responder.h"

namespace swarma::net {

/// An answer that may come while the connection waits for it.
class LateAnswer final : public PendingAnswer, public std::enable_shared_from_this<LateAnswer> {
 public:
  explicit LateAnswer(std::shared_ptr<Mailbox> loop) : loop_(std::move(loop)) {}

  void deliver(Result<Response> answer) override {
    const std::lock_guard lock(mutex_);
    if (answer_) return;
    answer_ = std::move(answer);
    if (timer_ == nullptr) return;
    loop_->post([self = shared_from_this()] {
      const std::lock_guard woken(self->mutex_);
      if (self->timer_ != nullptr) self->timer_->cancel();
    });
  }
  const Result<Response>* find() const {
    const std::lock_guard lock(mutex_);
    return answer_ ? &*answer_ : nullptr;
  }
  /// Which timer an answer cancels from now on; null: none.
  void set_timer(Timer* timer) {
    const std::lock_guard lock(mutex_);
    timer_ = timer;
  }
  Result<Response> take() { return *std::move(answer_); }

 private:
  const std::shared_ptr<Mailbox> loop_;
  mutable std::mutex mutex_;
  std::optional<Result<Response>> answer_;
  Timer* timer_ = nullptr;
};

}  // namespace swarma::net
