// WebSockets opened by us: from behind a home router to whoever may push to us. One event loop and one thread for all
// connections of a client, and one more while names are looked up. Coming back after the end is the session's business.
#pragma once

#include <memory>
#include <string>

#include "net/http.h"
#include "net/websocket.h"

namespace swarma::net {

struct WebSocketClientOptions {
  std::chrono::milliseconds connect_timeout{10'000};  // from the name to the answered handshake
  std::string ca_file;                                // empty: the system's
  std::size_t max_connections = 256;                  // each is a descriptor and up to max_queued bytes
};

struct WebSocketTarget {
  std::string url;  // ws:// or wss://
  Headers headers = {};
  WebSocketOptions options = {};
};

class WebSocketClient {
 public:
  explicit WebSocketClient(WebSocketClientOptions options = {});
  /// Says goodbye on every connection and waits for close_wait at most. Sessions are told. Not from a session.
  ~WebSocketClient();
  WebSocketClient(const WebSocketClient&) = delete;

  /// Begins to connect and returns. The session hears of it: on_open(), or on_failure() with Unavailable "unreachable",
  /// "timed_out", "tls_failed" or "not_a_websocket", or with the problem that the server refused with. From any thread.
  /// Errors here (the session is then dropped): BadRequest "bad_url", "bad_header" or "bad_certificate"; Unavailable
  /// "too_many_files" beyond max_connections.
  Result<void> connect(WebSocketTarget target, std::unique_ptr<WebSocketSession> session);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace swarma::net
