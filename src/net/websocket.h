// WebSocket (RFC 6455) as the rest of the program sees it, on both sides of a connection: messages in, messages out.
//
// A server offers one with net::Route::websocket, a client opens one with net::WebSocketClient. Neither needs a thread
// for a connection. Fragments, pings, the closing handshake and every limit are seen to here.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace swarma::net {

class StreamQueue;
struct Request;

enum class MessageKind { Text, Binary };  // Text is UTF-8: what else arrives as text closes the connection
enum class WebSocketSide { Server, Client };

/// Why a WebSocket was closed (RFC 6455, 7.4.1). 4000 to 4999 are for applications.
namespace close_code {
inline constexpr std::uint16_t kNormal = 1000;
inline constexpr std::uint16_t kGoingAway = 1001;      // this end stops
inline constexpr std::uint16_t kProtocolError = 1002;  // the other end broke the rules of frames
inline constexpr std::uint16_t kNone = 1005;           // closed without a code; never sent
inline constexpr std::uint16_t kLost = 1006;           // the connection broke or fell silent; never sent
inline constexpr std::uint16_t kBadText = 1007;        // text that is not UTF-8
inline constexpr std::uint16_t kPolicy = 1008;         // "slow_reader": it did not take what was sent to it
inline constexpr std::uint16_t kTooLarge = 1009;       // a message larger than max_message
inline constexpr std::uint16_t kInternal = 1011;       // a session threw an exception
}  // namespace close_code

struct WebSocketOptions {
  std::size_t max_message = 1 << 20;  // bytes of one received message, however many frames it comes in
  /// Bytes that may wait for a slow reader. It holds a burst of messages; one message alone may be larger.
  std::size_t max_queued = 1 << 20;
  /// A ping is sent after so long without a byte, and the connection is dropped after as long again. Proxies commonly
  /// cut connections that are silent for a minute.
  std::chrono::milliseconds silence{30'000};
  std::chrono::milliseconds close_wait{5'000};  // for the other end to agree to the end
  std::vector<std::string> subprotocols = {};   // offered by a client; chosen from by a server, its favourite first
};

/// The sending end. Safe from any thread; copies are the same WebSocket. Letting go of it does not close.
class WebSocket {
 public:
  WebSocket(std::shared_ptr<StreamQueue> queue, WebSocketSide side) : queue_(std::move(queue)), side_(side) {}

  /// Queues a message; text must be UTF-8. False when nobody reads any more: the connection is over or about to be, or
  /// more than WebSocketOptions::max_queued bytes would wait, which ends it with close_code::kPolicy.
  bool send(std::string_view message, MessageKind kind = MessageKind::Text) const;
  /// Ends it behind what is queued. `reason` may have up to 123 bytes of UTF-8; the rest is cut off.
  void close(std::uint16_t code = close_code::kNormal, std::string_view reason = {}) const;
  bool is_open() const;

 private:
  std::shared_ptr<StreamQueue> queue_;
  WebSocketSide side_;
};

/// What one connection does. Everything is called on an event loop, one call at a time, and must not block. Exceptions
/// are bugs: they are logged and end the connection.
class WebSocketSession {
 public:
  virtual ~WebSocketSession() = default;
  /// `subprotocol` is empty where none was agreed upon.
  virtual void on_open(WebSocket socket, std::string_view subprotocol) = 0;
  virtual void on_message(std::string message, MessageKind kind) = 0;
  /// The last call, once for each on_open().
  virtual void on_close(std::uint16_t code, std::string_view reason) = 0;
  /// The only call, in a client whose connection was never opened.
  virtual void on_failure(const Error&) {}
};

/// Called when somebody asks for a WebSocket; an error refuses. Browsers send the WebSocket requests of every page with
/// the page's address in Origin, so whoever trusts cookies has to look at that.
using WebSocketFactory = std::function<Result<std::unique_ptr<WebSocketSession>>(const Request&)>;

}  // namespace swarma::net
