// While a NoWaiting lives, nothing on its thread waits for a lock that others hold: it fails as Unavailable instead,
// and the one who made it learns of it and can do the same work on another thread. Event loops run handlers so.
#pragma once

namespace swarma {

class NoWaiting {
 public:
  NoWaiting() : outer_(current_) { current_ = this; }
  ~NoWaiting() { current_ = outer_; }
  NoWaiting(const NoWaiting&) = delete;
  NoWaiting& operator=(const NoWaiting&) = delete;

  /// True once something had to fail because it could not wait.
  bool was_refused() const { return refused_; }

  /// Whether the calling thread must not wait.
  static bool here() { return current_ != nullptr; }
  /// Whether something on this thread had to fail because it could not wait.
  static bool was_refused_here() { return current_ != nullptr && current_->refused_; }
  /// What fails because it must not wait says so.
  static void note_refusal() {
    if (current_ != nullptr) current_->refused_ = true;
  }

 private:
  inline static thread_local NoWaiting* current_ = nullptr;
  NoWaiting* outer_;
  bool refused_ = false;
};

}  // namespace swarma
