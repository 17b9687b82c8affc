// The life of a connection and how it reads. connection_answer.cpp chooses the answers, connection_send.cpp sends them.
#include "net/connection.h"

#include <sys/socket.h>

#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>

#include "base/log.h"

namespace swarma::net {
namespace {

constexpr asio::use_awaitable_t<Executor> kAwait;
constexpr std::size_t kSinkPiece = 256 * 1024;  // a BodySink gets at most about this much at a time
constexpr std::uint64_t kMinBodyRate = 1024;    // bytes a second that a request body must at least make
constexpr std::chrono::seconds kLingerTime{5};
constexpr std::chrono::milliseconds kHoldStep{250};  // how late it is seen that a client has gone whose answer is held
constexpr std::size_t kTurn = 4 << 20;               // bytes a connection may move before others get their turn
constexpr std::size_t kRequestShare = kTurn / 16;    // what a request without much of a body counts
constexpr std::uint64_t kMaxSkippedBody = 64 * 1024;
constexpr std::size_t kMaxAhead = 64 * 1024;  // bytes a client may send during a stream that answers it

Error timeout_error() {
  return {ErrorCode::BadRequest, "request_timeout",
          "The request did not arrive in time; send it again without pauses."};
}

}  // namespace

Connection::Connection(Loop& loop, Socket socket, std::string address, bool counted_address)
    : loop_(loop), socket_(std::move(socket)), address_(std::move(address)), counted_address_(counted_address) {
  const std::shared_ptr<SSL_CTX> tls = loop_.shared.tls.load();  // the transport keeps what it needs of it
  transport_ =
      tls ? make_tls_transport(socket_.native_handle(), tls.get()) : make_plain_transport(socket_.native_handle());
  loop_.shared.connections.fetch_add(1, std::memory_order_relaxed);
  loop_.add(*this);
}

Connection::~Connection() {
  transport_->finish();
  transport_.reset();
  loop_.remove(*this);
  loop_.shared.connections.fetch_sub(1, std::memory_order_relaxed);
  if (counted_address_) loop_.shared.addresses.leave(address_);
}

Task<> Connection::run() {
  try {
    if (!co_await handshake()) co_return;
    while (co_await wait_for_request()) {
      std::unique_ptr<Exchange> exchange = loop_.take_exchange();
      bool keep_alive = co_await serve(*exchange);
      loop_.give_back(std::move(exchange));
      if (const auto stream = std::exchange(stream_, nullptr)) {
        const bool sent = co_await send_stream(*stream);
        if (sent && stream->unread) co_await linger();
        keep_alive = keep_alive && sent;
      }
      if (!keep_alive) co_return;
      if (websocket_) {
        const WebSocketConnection::Wire wire{socket_, *transport_, loop_.read_buffer, loop_.mailbox(), loop_.counters};
        if (loop_.shared.stopping.load(std::memory_order_relaxed)) websocket_->on_drain();
        co_return co_await websocket_->run(wire, std::move(pending_));
      }
      co_await let_others_run(kRequestShare);
    }
  } catch (const std::exception& error) {
    log::error("connection_failed", {{"what", error.what()}});  // out of memory, or a bug: this connection ends
  }
}

void Connection::on_sweep(SteadyClock::time_point now) {
  if (websocket_) websocket_->on_sweep(now);
  if (now < deadline_) return;
  timed_out_ = true;
  disarm();
  asio::error_code ignored;
  socket_.cancel(ignored);
}

void Connection::on_drain() {
  if (idle_) on_abandon();
  if (websocket_) websocket_->on_drain();
  wake();
}

void Connection::wake() {
  woken_ = true;
  asio::error_code ignored;
  if (parked_) socket_.cancel(ignored);
}

void Connection::on_abandon() {
  abandoned_ = true;
  if (websocket_) websocket_->on_abandon();
  asio::error_code ignored;
  socket_.cancel(ignored);
}

void Connection::arm(SteadyClock::duration timeout) {
  timed_out_ = false;
  deadline_ = loop_.now() + timeout;
}

/// False when the time is up, the server stops, or the socket fails.
Task<bool> Connection::wait(IoState state) {
  if (abandoned_ || timed_out_ || state == IoState::Closed) co_return false;
  turn_used_ = 0;
  asio::error_code error;
  co_await socket_.async_wait(state == IoState::WantWrite ? Socket::wait_write : Socket::wait_read,
                              asio::redirect_error(kAwait, error));
  co_return !error && !abandoned_ && !timed_out_;
}

/// Until wake() is called, `time` has passed, or more requests have arrived behind this one. False when the client has
/// gone or the server cuts it off.
Task<bool> Connection::park(SteadyClock::duration time) {
  if (!std::exchange(woken_, false)) {
    arm(time);
    parked_ = true;
    asio::error_code cancelled;
    co_await socket_.async_wait(Socket::wait_read, asio::redirect_error(kAwait, cancelled));
    parked_ = false;
    disarm();
    if (cancelled && !woken_ && !timed_out_) co_return false;
  }
  woken_ = timed_out_ = false;
  if (abandoned_) co_return false;
  const IoResult got = transport_->read(loop_.read_buffer);
  if (got.state == IoState::Done) pending_.append(loop_.read_buffer.data(), got.bytes);
  co_return got.state != IoState::Closed&& pending_.size() <= kMaxAhead;
}

/// Lets time pass. False when the client has gone meanwhile or the server stops.
Task<bool> Connection::hold_back(std::chrono::seconds time) {
  const auto until = loop_.now() + time;
  Timer timer(loop_.executor());
  while (loop_.now() < until) {
    if (abandoned_ || peer_hung_up()) co_return false;
    timer.expires_at(std::min(until, loop_.now() + kHoldStep));
    asio::error_code error;
    co_await timer.async_wait(asio::redirect_error(kAwait, error));
    if (error) co_return false;
  }
  co_return true;
}

/// A client that never makes us wait must not have the loop for itself: goes to the end of the queue once the turn
/// since the last wait is used up.
Task<> Connection::let_others_run(std::size_t used) {
  turn_used_ += used;
  if (turn_used_ < kTurn) co_return;
  turn_used_ = 0;
  co_await asio::post(loop_.executor(), kAwait);
}

Task<bool> Connection::handshake() {
  arm(loop_.shared.options.header_timeout);
  for (;;) {
    const IoResult step = transport_->handshake();
    if (step.state == IoState::Done) co_return true;
    if (!co_await wait(step.state)) co_return false;
  }
}

/// True when there are bytes to read.
Task<bool> Connection::wait_for_request() {
  if (!pending_.empty() || transport_->has_buffered()) co_return true;
  if (loop_.shared.stopping.load(std::memory_order_relaxed)) co_return false;
  if (pending_.capacity() > sizeof(std::string)) pending_ = std::string();  // hold nothing while idle
  idle_ = true;
  arm(loop_.shared.options.idle_timeout);
  const bool readable = co_await wait(IoState::WantRead);
  idle_ = false;
  disarm();
  co_return readable;
}

/// Answers one request; of a stream, only the head.
Task<bool> Connection::serve(Exchange& exchange) {
  RequestParser& parser = exchange.parser;
  parser.reset(loop_.shared.options.max_header_bytes);
  exchange.request = Request();
  exchange.body_waited = {};
  exchange.body_received = 0;
  const ReadResult head = co_await read_until(exchange, Goal::Head);
  if (head.ending == Ending::Gone) co_return false;
  loop_.counters.requests.fetch_add(1, std::memory_order_relaxed);
  Answer answer;
  if (head.error) {
    answer = refuse(exchange, *head.error, false);
  } else {
    answer = co_await this->answer(exchange);
  }
  if (!answer.response) co_return false;
  if (answer.response->hold.count() > 0 && !co_await hold_back(answer.response->hold)) co_return false;
  bool keep_alive = websocket_ || (answer.keep_alive && parser.head().keep_alive &&
                                   !loop_.shared.stopping.load(std::memory_order_relaxed));
  if (keep_alive && !parser.done()) keep_alive = co_await skip_small_body(exchange);
  const bool unread = head.error || !parser.done();
  const bool sent = co_await send(exchange, *std::move(answer.response), keep_alive);
  if (stream_)
    stream_->unread = !keep_alive && unread;
  else if (sent && !keep_alive && unread)
    co_await linger();
  co_return sent&& keep_alive;
}

Task<Connection::ReadResult> Connection::read_until(Exchange& exchange, Goal goal) {
  RequestParser& parser = exchange.parser;
  const auto reached = [&] {
    return goal == Goal::Head ? parser.head_done()
                              : parser.done() || (goal == Goal::Piece && parser.body().size() >= kSinkPiece);
  };
  bool unseen = !pending_.empty();  // pending_ holds bytes the parser has not been shown
  bool armed = false;
  while (!reached()) {
    if (unseen) {
      Result<std::size_t> used = parser.feed(pending_);
      if (!used) co_return ReadResult{Ending::Refused, std::move(used).error()};
      pending_.erase(0, *used);
      unseen = false;
      continue;
    }
    const IoResult got = transport_->read(loop_.read_buffer);
    if (got.state == IoState::Done) {
      std::string_view bytes(loop_.read_buffer.data(), got.bytes);
      if (goal != Goal::Head) exchange.body_received += got.bytes;
      unseen = !pending_.empty();
      if (!unseen) {  // the usual case: a whole head in one read, nothing is copied
        Result<std::size_t> used = parser.feed(bytes);
        if (!used) co_return ReadResult{Ending::Refused, std::move(used).error()};
        bytes.remove_prefix(*used);
      }
      pending_.append(bytes);
      continue;
    }
    if (goal == Goal::Piece && !parser.body().empty()) break;
    if (co_await wait_for_input(exchange, goal, got.state, armed)) continue;
    if (timed_out_ && (goal != Goal::Head || parser.started())) co_return ReadResult{Ending::Refused, timeout_error()};
    co_return ReadResult{Ending::Gone, std::nullopt};
  }
  disarm();
  co_return ReadResult{};
}

/// The time for a head runs from its first byte; a body may pause, but neither for long nor most of the time.
Task<bool> Connection::wait_for_input(Exchange& exchange, Goal goal, IoState state, bool& armed) {
  const ServerOptions& options = loop_.shared.options;
  if (goal == Goal::Head) {
    if (!armed) arm(options.header_timeout);
    armed = true;
    co_return co_await wait(state);
  }
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(exchange.body_waited).count();
  if (exchange.body_waited > options.body_timeout &&
      exchange.body_received < static_cast<std::uint64_t>(seconds) * kMinBodyRate) {
    timed_out_ = true;
    co_return false;
  }
  arm(options.body_timeout);
  const auto began = loop_.now();
  const bool readable = co_await wait(state);
  exchange.body_waited += loop_.now() - began;
  co_return readable;
}

/// Reads and drops the body of a request that was answered without it, where that is cheaper than a new connection.
Task<bool> Connection::skip_small_body(Exchange& exchange) {
  const RequestHead& head = exchange.parser.head();
  if (head.expects_continue || head.content_length.value_or(kMaxSkippedBody + 1) > kMaxSkippedBody) co_return false;
  const ReadResult skipped = co_await read_until(exchange, Goal::Whole);
  co_return skipped.ending == Ending::Ready;
}

/// Before closing on a client that is still sending: reads on for a while, because closing a socket with unread bytes
/// resets the connection, and the client would lose the answer.
Task<> Connection::linger() {
  transport_->finish();
  asio::error_code error;
  socket_.shutdown(Socket::shutdown_send, error);
  arm(kLingerTime);
  while (!error) {
    const ssize_t got =
        ::recv(socket_.native_handle(), loop_.read_buffer.data(), loop_.read_buffer.size(), MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) break;
    if (got > 0 && loop_.now() < deadline_) continue;
    if (!co_await wait(IoState::WantRead)) break;
  }
  disarm();
}

}  // namespace swarma::net
