#include "net/websocket_connection.h"

#include <sys/socket.h>

#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

#include "base/log.h"

namespace swarma::net {
namespace {

constexpr asio::use_awaitable_t<Executor> kAwait;
constexpr std::size_t kTurn = 1 << 20;          // bytes a connection may move before others get their turn
constexpr std::size_t kMaxReplies = 64 * 1024;  // pongs that wait; beyond, nothing more is read

}  // namespace

bool WebSocket::send(std::string_view message, MessageKind kind) const {
  if (!queue_->is_open()) return false;
  std::string frame;
  append_frame(frame, kind == MessageKind::Text ? FrameKind::Text : FrameKind::Binary, message, side_);
  return queue_->write(frame);
}

void WebSocket::close(std::uint16_t code, std::string_view reason) const {
  std::string frame;
  append_close(frame, code, reason, side_);
  queue_->end(frame);
}

bool WebSocket::is_open() const {
  return queue_->is_open();
}

WebSocketConnection::WebSocketConnection(WebSocketSide side, const WebSocketOptions& options,
                                         std::string_view subprotocol, std::unique_ptr<WebSocketSession> session)
    : side_(side),
      options_(options),
      subprotocol_(subprotocol),
      session_(std::move(session)),
      frames_(side, options.max_message) {}

WebSocketConnection::~WebSocketConnection() {
  if (queue_) end(close_code::kLost, "the server stopped");  // in the middle of run()
}

Task<> WebSocketConnection::run(Wire wire, std::string received) {
  wire_ = &wire;
  start(std::move(received));
  std::size_t turns = 0;
  while (!gone_ && !(ended_ && output_.empty())) {
    look_at_clock();
    if (!move_bytes()) {
      turns = 0;
      co_await wait();
    } else if (++turns * wire.read_buffer.size() >= kTurn) {
      turns = 0;
      co_await asio::post(wire.socket.get_executor(), kAwait);
    }
  }
  end(close_code::kLost, "connection lost");
  if (!gone_ && !(frames_.closed() && frames_.closed()->by_peer)) co_await linger();
}

void WebSocketConnection::start(std::string received) {
  queue_ = std::make_shared<StreamQueue>(wire_->mailbox, options_.max_queued, [this] { wake(); });
  heard_ = SteadyClock::now();
  guarded([&] { session_->on_open(WebSocket(queue_, side_), subprotocol_); });
  take(received);
}

/// What the session throws is a bug of ours.
template <class Call>
void WebSocketConnection::guarded(Call call) {
  try {
    return call();
  } catch (const std::exception& error) {
    log::error("websocket_session_failed", {{"what", error.what()}});
  }
  frames_.close(close_code::kInternal, "internal error", output_);
  end(close_code::kInternal, "internal error");
}

/// Tells the session, once. What is in `output_` still leaves.
void WebSocketConnection::end(std::uint16_t code, std::string_view reason) {
  if (std::exchange(ended_, true)) return;
  queue_->detach();
  guarded([&] { session_->on_close(code, reason); });
}

/// Does what is due by now, and says when the next is.
void WebSocketConnection::look_at_clock() {
  const auto now = SteadyClock::now();
  if (draining_) frames_.close(close_code::kGoingAway, "the server stops", output_);
  if (frames_.close_sent()) {
    if (!std::exchange(closing_, true)) close_deadline_ = now + options_.close_wait;
    queue_->detach();
    deadline_ = close_deadline_;
    gone_ = gone_ || now >= deadline_;
    return;
  }
  if (now >= heard_ + 2 * options_.silence) {
    gone_ = true;
    return end(close_code::kLost, "silent");
  }
  if (stalled_ && now >= stalled_since_ + options_.silence) {
    gone_ = true;
    return drop_slow_reader();
  }
  if (!pinged_ && now >= heard_ + options_.silence) {
    pinged_ = true;
    append_frame(output_, FrameKind::Ping, {}, side_);
  }
  deadline_ = heard_ + (pinged_ ? 2 : 1) * options_.silence;
  if (stalled_) deadline_ = std::min(deadline_, stalled_since_ + options_.silence);
}

void WebSocketConnection::drop_slow_reader() {
  wire_->counters.slow_streams.fetch_add(1, std::memory_order_relaxed);
  log::info("websocket_dropped", {{"reason", "slow_reader"}});
  end(close_code::kPolicy, "slow_reader");
}

/// What can be done without waiting. True if that was something.
bool WebSocketConnection::move_bytes() {
  if (output_.empty()) fill_output();
  const bool wrote = !output_.empty() && write_some();
  const bool read = !gone_ && output_.size() - queued_ < kMaxReplies && read_some();
  return wrote || read;
}

void WebSocketConnection::fill_output() {
  if (ended_ || frames_.close_sent()) return;
  StreamQueue::Batch batch = queue_->take();
  if (batch.too_slow) {
    frames_.close(close_code::kPolicy, "slow_reader", output_);
    return drop_slow_reader();
  }
  output_ = std::move(batch.bytes);
  queued_ = output_.size();
  if (batch.ended) frames_.note_close_sent();
}

bool WebSocketConnection::write_some() {
  const IoResult sent = wire_->transport.write({}, std::string_view(output_).substr(sent_), false);
  if (sent.state == IoState::Closed) gone_ = true;
  if (sent.state != IoState::Done) {
    if (!std::exchange(stalled_, true)) stalled_since_ = SteadyClock::now();
    return false;
  }
  stalled_ = false;
  wire_->counters.bytes_sent.fetch_add(sent.bytes, std::memory_order_relaxed);
  sent_ += sent.bytes;
  if (sent_ == output_.size()) {
    output_ = std::string();
    sent_ = queued_ = 0;
  }
  return true;
}

bool WebSocketConnection::read_some() {
  const IoResult got = wire_->transport.read(wire_->read_buffer);
  if (got.state == IoState::Closed) gone_ = true;
  blocked_ = got.state == IoState::WantWrite;
  if (got.state != IoState::Done) return false;
  take({wire_->read_buffer.data(), got.bytes});
  return true;
}

void WebSocketConnection::take(std::string_view bytes) {
  heard_ = SteadyClock::now();
  pinged_ = false;
  for (WebSocketFrames::Message& message : frames_.feed(bytes, output_))
    if (!ended_) guarded([&] { session_->on_message(std::move(message.text), message.kind); });
  if (const auto& closed = frames_.closed()) end(closed->code, closed->reason);
}

Task<> WebSocketConnection::wait() {
  if (!gone_ && !std::exchange(woken_, false)) {
    waiting_ = true;
    asio::error_code ignored;
    if (!output_.empty() || blocked_)
      co_await wait_for_either();
    else
      co_await wire_->socket.async_wait(Socket::wait_read, asio::redirect_error(kAwait, ignored));
    waiting_ = false;
  }
  woken_ = false;
}

/// Until the socket can be read from or written to: two ends that both write first must not wait for each other.
Task<> WebSocketConnection::wait_for_either() {
  auto start = [&socket = wire_->socket](auto handler) {
    struct Both {
      decltype(handler) resume;
      bool one_is_over = false;
    };
    const auto both = std::make_shared<Both>(std::move(handler));
    const auto over = [both, &socket](const asio::error_code&) {
      if (both->one_is_over) return std::move(both->resume)();
      both->one_is_over = true;
      asio::error_code ignored;
      socket.cancel(ignored);
    };
    socket.async_wait(Socket::wait_read, over);
    socket.async_wait(Socket::wait_write, over);
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<Executor>&, void()>(std::move(start), kAwait);
}

/// We have said goodbye while the other end may still be sending: closing a socket with unread bytes would reset the
/// connection, and our last words would be lost.
Task<> WebSocketConnection::linger() {
  wire_->transport.finish();
  blocked_ = false;
  asio::error_code error;
  wire_->socket.shutdown(Socket::shutdown_send, error);
  const auto until = SteadyClock::now() + options_.close_wait;
  while (!error && !gone_ && SteadyClock::now() < until) {
    deadline_ = until;
    const ssize_t got =
        ::recv(wire_->socket.native_handle(), wire_->read_buffer.data(), wire_->read_buffer.size(), MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) break;
    if (got < 0) co_await wait();
  }
}

void WebSocketConnection::wake() {
  woken_ = true;
  asio::error_code ignored;
  if (waiting_) wire_->socket.cancel(ignored);
}

void WebSocketConnection::on_sweep(SteadyClock::time_point now) {
  if (now < deadline_) return;
  deadline_ = SteadyClock::time_point::max();
  wake();
}

void WebSocketConnection::on_drain() {
  draining_ = true;
  wake();
}

void WebSocketConnection::on_abandon() {
  gone_ = true;
  wake();
}

}  // namespace swarma::net
