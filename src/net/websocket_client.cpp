#include "net/websocket_client.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/ip/basic_resolver.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <thread>

#include "base/log.h"
#include "base/random.h"
#include "net/problem.h"
#include "net/tls.h"
#include "net/websocket_connection.h"
#include "net/websocket_handshake.h"

namespace swarma::net {
namespace {

constexpr asio::use_awaitable_t<Executor> kAwait;
constexpr std::chrono::milliseconds kSweepInterval{250};  // how late a deadline may be noticed
constexpr std::size_t kMaxAnswer = 16 * 1024;             // bytes of the answer to a handshake

using Resolver = asio::ip::basic_resolver<asio::ip::tcp, Executor>;
using Endpoints = std::vector<asio::ip::tcp::endpoint>;

std::string new_key() {
  const auto bytes = random_array<16>();
  std::array<unsigned char, 25> encoded;
  EVP_EncodeBlock(encoded.data(), bytes.data(), static_cast<int>(bytes.size()));
  return {reinterpret_cast<const char*>(encoded.data()), 24};
}

/// What the connections of one client share.
struct ClientLoop {
  asio::io_context io{1};
  std::shared_ptr<Mailbox> mailbox = std::make_shared<Mailbox>(io.get_executor());
  LoopCounters counters;
  std::array<char, kReadBuffer> read_buffer;
  std::vector<class Outgoing*> connections;
};

/// One connection from its beginning to its end. Owned by the coroutine that awaits run().
class Outgoing {
 public:
  Outgoing(ClientLoop& loop, WebSocketTarget target, WebSocketUrl url, std::string key, std::string request,
           std::shared_ptr<SSL_CTX> tls, std::unique_ptr<WebSocketSession> session)
      : loop_(loop),
        target_(std::move(target)),
        url_(std::move(url)),
        key_(std::move(key)),
        request_(std::move(request)),
        tls_(std::move(tls)),
        session_(std::move(session)),
        socket_(loop.io.get_executor()) {}
  /// On the loop, before run().
  void join() { loop_.connections.push_back(this); }
  ~Outgoing() { std::erase(loop_.connections, this); }
  Outgoing(const Outgoing&) = delete;

  Task<> run(SteadyClock::time_point deadline) {
    deadline_ = deadline;
    Result<std::string> subprotocol = co_await open();
    if (!subprotocol) {
      try {
        session_->on_failure(subprotocol.error());
      } catch (const std::exception& error) {
        log::error("websocket_session_failed", {{"what", error.what()}});
      }
      co_return;
    }
    deadline_ = SteadyClock::time_point::max();
    subprotocol_ = *std::move(subprotocol);
    open_ = std::make_unique<WebSocketConnection>(WebSocketSide::Client, target_.options, subprotocol_,
                                                  std::move(session_));
    if (abandoned_) open_->on_drain();
    const WebSocketConnection::Wire wire{socket_, *transport_, loop_.read_buffer, loop_.mailbox, loop_.counters};
    co_await open_->run(wire, std::move(received_));
    transport_->finish();
  }

  void on_sweep(SteadyClock::time_point now) {
    if (open_) open_->on_sweep(now);
    if (now >= deadline_) give_up();
  }
  void on_drain() {
    abandoned_ = true;
    if (open_)
      open_->on_drain();
    else
      give_up();
  }

 private:
  void give_up() {
    deadline_ = SteadyClock::time_point::min();
    asio::error_code ignored;
    socket_.cancel(ignored);
    if (looking_up_ != nullptr) looking_up_->cancel();
  }
  bool is_late() const { return abandoned_ || SteadyClock::now() >= deadline_; }

  Task<Result<std::string>> open() {
    if (abandoned_) co_return unanswered();
    const Result<Endpoints> endpoints = co_await look_up();
    if (!endpoints) co_return std::unexpected(endpoints.error());
    if (const Result<void> connected = co_await connect(*endpoints); !connected)
      co_return std::unexpected(connected.error());
    transport_ = tls_ ? make_tls_client_transport(socket_.native_handle(), tls_.get(), url_.host)
                      : make_plain_transport(socket_.native_handle());
    for (;;) {
      const IoResult step = transport_->handshake();
      if (step.state == IoState::Done) break;
      if (step.state == IoState::Closed)
        co_return fail(ErrorCode::Unavailable, "tls_failed",
                       "No secure connection to " + url_.authority + ": " + transport_->failure() + ".");
      if (!co_await wait(step.state)) co_return unanswered();
    }
    co_return co_await upgrade();
  }

  /// Whoever looks names up cannot be interrupted, so the wait is for a timer that the result cuts short.
  Task<Result<Endpoints>> look_up() {
    struct Lookup {
      explicit Lookup(ClientLoop& loop) : timer(loop.io), resolver(loop.io) {}
      Timer timer;
      Resolver resolver;
      asio::error_code error = asio::error::timed_out;
      Endpoints found;
    };
    const auto lookup = std::make_shared<Lookup>(loop_);
    lookup->resolver.async_resolve(url_.host, url_.port, [lookup](asio::error_code error, const auto& results) {
      lookup->error = error;
      for (const auto& result : results) lookup->found.push_back(result.endpoint());
      lookup->timer.cancel();
    });
    lookup->timer.expires_at(deadline_);
    looking_up_ = &lookup->timer;
    asio::error_code cut_short;
    co_await lookup->timer.async_wait(asio::redirect_error(kAwait, cut_short));
    looking_up_ = nullptr;
    if (is_late()) co_return unanswered();
    if (lookup->error) co_return unreachable(lookup->error.message());
    co_return lookup->found;
  }

  /// One address after another, each for its share of the time that is left.
  Task<Result<void>> connect(const Endpoints& endpoints) {
    const auto until = deadline_;
    asio::error_code error = asio::error::host_not_found;
    for (std::size_t i = 0; i < endpoints.size() && !abandoned_; ++i) {
      const auto left = until - SteadyClock::now();
      deadline_ = SteadyClock::now() + left / static_cast<int>(endpoints.size() - i);
      socket_ = Socket(loop_.io.get_executor());
      co_await socket_.async_connect(endpoints[i], asio::redirect_error(kAwait, error));
      const bool in_time = deadline_ != SteadyClock::time_point::min();
      deadline_ = until;
      if (error) continue;
      if (!in_time) break;
      asio::error_code ignored;
      socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
      socket_.native_non_blocking(true, error);
      if (!error) co_return Result<void>();
    }
    if (error == asio::error::operation_aborted || is_late()) co_return unanswered();
    co_return unreachable(error.message());
  }

  Task<Result<std::string>> upgrade() {
    while (!request_.empty()) {
      const IoResult sent = transport_->write(request_, {}, false);
      if (sent.state == IoState::Done)
        request_.erase(0, sent.bytes);
      else if (!co_await wait(sent.state))
        co_return unanswered();
    }
    std::size_t end = 0;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos)
      if (received_.size() > kMaxAnswer || !co_await receive()) co_return unanswered();
    end += 4;
    Result<ResponseHead> read = read_response_head(std::string_view(received_).substr(0, end));
    if (!read) co_return std::unexpected(read.error());
    ResponseHead& head = *read;
    received_.erase(0, end);
    if (head.status == 101) co_return check_upgraded(head, target_.options, key_);
    const std::size_t stated = std::strtoul(std::string(head.headers.get("content-length")).c_str(), nullptr, 10);
    while (received_.size() < std::min(stated, kMaxAnswer) && co_await receive()) continue;
    ClientResponse refusal{.status = head.status, .headers = std::move(head.headers), .body = std::move(received_)};
    co_return std::unexpected(read_problem(refusal));
  }

  Task<bool> receive() {
    for (;;) {
      const IoResult got = transport_->read(loop_.read_buffer);
      if (got.state == IoState::Done) {
        received_.append(loop_.read_buffer.data(), got.bytes);
        co_return true;
      }
      if (!co_await wait(got.state)) co_return false;
    }
  }

  Task<bool> wait(IoState state) {
    if (state == IoState::Closed || is_late()) co_return false;
    asio::error_code error;
    co_await socket_.async_wait(state == IoState::WantWrite ? Socket::wait_write : Socket::wait_read,
                                asio::redirect_error(kAwait, error));
    co_return !error && !is_late();
  }

  std::unexpected<Error> unreachable(const std::string& why) const {
    return fail(ErrorCode::Unavailable, "unreachable", "Cannot reach " + url_.authority + ": " + why + ".");
  }
  std::unexpected<Error> unanswered() const {
    if (abandoned_) return unreachable("this program stops");
    if (is_late()) return fail(ErrorCode::Unavailable, "timed_out", url_.authority + " did not answer in time.");
    return unreachable("the connection was closed before the handshake was answered");
  }

  ClientLoop& loop_;
  const WebSocketTarget target_;
  const WebSocketUrl url_;
  const std::string key_;
  std::string request_;
  const std::shared_ptr<SSL_CTX> tls_;
  std::unique_ptr<WebSocketSession> session_;  // until it is open
  std::string subprotocol_;
  Socket socket_;
  std::unique_ptr<Transport> transport_;
  std::string received_;
  SteadyClock::time_point deadline_{};
  Timer* looking_up_ = nullptr;
  bool abandoned_ = false;
  std::unique_ptr<WebSocketConnection> open_;
};

}  // namespace

struct WebSocketClient::Impl {
  explicit Impl(WebSocketClientOptions given) : options(std::move(given)), sweep_timer(loop.io) {}

  /// As long as there are connections.
  Task<> sweep() {
    while (!loop.connections.empty()) {
      sweep_timer.expires_after(kSweepInterval);
      asio::error_code ignored;
      co_await sweep_timer.async_wait(asio::redirect_error(kAwait, ignored));
      const auto now = SteadyClock::now();
      for (Outgoing* connection : loop.connections) connection->on_sweep(now);
    }
    sweeping = false;
  }

  Task<> live(std::unique_ptr<Outgoing> outgoing) {
    try {
      co_await outgoing->run(SteadyClock::now() + options.connect_timeout);
    } catch (const std::exception& error) {
      log::error("connection_failed", {{"what", error.what()}});  // out of memory, or a bug: this connection ends
    }
    outgoing.reset();
    count.fetch_sub(1);
    if (loop.connections.empty()) sweep_timer.cancel();
  }

  /// On the loop.
  void begin(std::unique_ptr<Outgoing> outgoing) {
    outgoing->join();
    asio::co_spawn(loop.io, live(std::move(outgoing)), asio::detached);
    if (!std::exchange(sweeping, true)) asio::co_spawn(loop.io, sweep(), asio::detached);
  }

  Result<std::shared_ptr<SSL_CTX>> tls_context() {
    const std::lock_guard lock(mutex);
    if (!tls) {
      SWARMA_TRY(tls, make_tls_client_context(options.ca_file));
    }
    return tls;
  }

  const WebSocketClientOptions options;
  std::mutex mutex;
  std::shared_ptr<SSL_CTX> tls;  // made when it is first needed
  std::atomic<std::size_t> count{0};
  bool sweeping = false;
  ClientLoop loop;
  Timer sweep_timer;
  std::optional<asio::executor_work_guard<Executor>> keep_running{loop.io.get_executor()};
  std::thread thread;
};

WebSocketClient::WebSocketClient(WebSocketClientOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {
  impl_->thread = std::thread([impl = impl_.get()] { impl->loop.io.run(); });
}

WebSocketClient::~WebSocketClient() {
  impl_->loop.mailbox->post([impl = impl_.get()] {
    impl->keep_running.reset();
    for (Outgoing* connection : impl->loop.connections) connection->on_drain();
  });
  impl_->thread.join();
  impl_->loop.mailbox->close();
}

Result<void> WebSocketClient::connect(WebSocketTarget target, std::unique_ptr<WebSocketSession> session) {
  SWARMA_TRY(WebSocketUrl url, read_websocket_url(target.url));
  std::string key = new_key();
  SWARMA_TRY(std::string request, upgrade_request(url, target.headers, target.options, key));
  std::shared_ptr<SSL_CTX> tls;
  if (url.tls) {
    SWARMA_TRY(tls, impl_->tls_context());
  }
  if (impl_->count.fetch_add(1) >= impl_->options.max_connections) {
    impl_->count.fetch_sub(1);
    return fail(ErrorCode::Unavailable, "too_many_files", "Too many WebSockets are open; close some first.");
  }
  auto outgoing = std::make_unique<Outgoing>(impl_->loop, std::move(target), std::move(url), std::move(key),
                                             std::move(request), std::move(tls), std::move(session));
  impl_->loop.mailbox->post(
      [impl = impl_.get(), outgoing = std::move(outgoing)]() mutable { impl->begin(std::move(outgoing)); });
  return {};
}

}  // namespace swarma::net
