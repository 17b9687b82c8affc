// How a handler answers: at once, or later and from any thread.
#pragma once

#include <concepts>
#include <functional>
#include <memory>

#include "net/http.h"

namespace swarma::net {

/// What waits for an answer.
class PendingAnswer {
 public:
  virtual ~PendingAnswer() = default;
  /// Called once, from any thread.
  virtual void deliver(Result<Response> answer) = 0;
};

/// The right to answer one request. Answers once, from any thread; if it is let go of without an answer, the client
/// gets 503 "not_answered". Whoever answers later bounds the wait: the connection waits for as long as this lives,
/// unless its client goes away or the server stops.
class Responder {
 public:
  explicit Responder(std::shared_ptr<PendingAnswer> pending) : pending_(std::move(pending)) {}
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&&) = delete;
  ~Responder();

  /// An Error is rendered like the server's own refusals.
  void answer(Result<Response> answer);

 private:
  std::shared_ptr<PendingAnswer> pending_;
};

/// A function that returns the response, or one that takes a Responder. The request is valid until the function
/// returns: who answers later keeps a copy of what it needs.
class Handler {
 public:
  using Now = std::function<Response(const Request&)>;
  using Later = std::function<void(const Request&, Responder)>;

  Handler() = default;
  template <class F>
    requires std::is_invocable_r_v<Response, F&, const Request&>
  Handler(F now) : now_(std::move(now)) {}  // NOLINT: a handler is written as a lambda
  template <class F>
    requires std::invocable<F&, const Request&, Responder>
  Handler(F later) : later_(std::move(later)) {}  // NOLINT

  explicit operator bool() const { return now_ || later_; }
  const Now& now() const { return now_; }
  const Later& later() const { return later_; }

 private:
  Now now_;
  Later later_;
};

}  // namespace swarma::net
