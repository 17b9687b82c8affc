// For tests: frames written byte by byte, and a session that keeps what happens to it.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>

#include "net/server_testing.h"
#include "net/websocket.h"

namespace swarma::net::testing {

/// A frame as it lies on the wire. `first` holds FIN, the reserved bits and the kind; the mask is all zeros.
inline std::string raw_frame(unsigned first, std::string_view payload, bool masked = true) {
  std::string out;
  out += static_cast<char>(first);
  const unsigned mask_bit = masked ? 0x80 : 0;
  if (payload.size() < 126) {
    out += static_cast<char>(mask_bit | payload.size());
  } else {
    const int bytes = payload.size() <= 0xffff ? 2 : 8;
    out += static_cast<char>(mask_bit | (bytes == 2 ? 126 : 127));
    for (int i = bytes; i-- > 0;) out += static_cast<char>(std::uint64_t{payload.size()} >> (8 * i));
  }
  if (masked) out.append(4, '\0');
  return out.append(payload);
}

inline std::string close_payload(unsigned code, std::string_view reason = {}) {
  return std::string{static_cast<char>(code >> 8), static_cast<char>(code)}.append(reason);
}

constexpr unsigned kText = 0x81, kBinary = 0x82, kClose = 0x88, kPing = 0x89, kPong = 0x8a;

/// What happened to sessions, in order, as text: "open", "text hello", "close 1000 bye", "failure unreachable".
class SessionLog {
 public:
  void add(std::string what) {
    const std::lock_guard lock(mutex_);
    seen_.push_back(std::move(what));
    changed_.notify_all();
  }
  /// The next entry; "nothing" if none comes within ten seconds.
  std::string next() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::seconds(10), [&] { return !seen_.empty(); })) return "nothing";
    std::string first = std::move(seen_.front());
    seen_.pop_front();
    return first;
  }
  void set_socket(WebSocket socket) {
    const std::lock_guard lock(mutex_);
    socket_ = std::move(socket);
  }
  /// The socket opened last; only behind an "open".
  WebSocket socket() {
    const std::lock_guard lock(mutex_);
    return socket_.value();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> seen_;
  std::optional<WebSocket> socket_;
};

/// Writes everything down; answers "close" by closing, "throw" by throwing, and sends everything else back.
class EchoSession final : public WebSocketSession {
 public:
  explicit EchoSession(SessionLog& log, bool echo = true) : log_(log), echo_(echo) {}
  void on_open(WebSocket socket, std::string_view subprotocol) override {
    socket_ = socket;
    log_.set_socket(std::move(socket));
    log_.add(subprotocol.empty() ? "open" : "open " + std::string(subprotocol));
  }
  void on_message(std::string message, MessageKind kind) override {
    log_.add((kind == MessageKind::Text ? "text " : "binary ") + message.substr(0, 100));
    if (message == "throw") throw std::runtime_error("a bug");
    if (message == "close") return socket_->close(4321, "as you wish");
    if (echo_) socket_->send(message, kind);
  }
  void on_close(std::uint16_t code, std::string_view reason) override {
    log_.add("close " + std::to_string(code) + " " + std::string(reason));
  }
  void on_failure(const Error& error) override { log_.add("failure " + error.reason); }

 private:
  SessionLog& log_;
  const bool echo_;
  std::optional<WebSocket> socket_;
};

inline Route websocket_route(SessionLog& log, WebSocketOptions options = {}, bool echo = true) {
  Route made;
  made.method = "GET";
  made.pattern = "/socket";
  made.where = Where::Inline;
  made.websocket_options = std::move(options);
  made.websocket = [&log, echo](const Request& request) -> Result<std::unique_ptr<WebSocketSession>> {
    if (request.query == "refuse") return fail(ErrorCode::Forbidden, "not_accepted", "Not for you.");
    return std::make_unique<EchoSession>(log, echo);
  };
  return made;
}

/// RFC 6455, 1.3.
constexpr std::string_view kHandshake =
    "GET /socket HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

}  // namespace swarma::net::testing
