// Frames of a WebSocket: bytes in, messages out, and what has to be said in reply. Knows nothing of sockets or time.
// libwslay reads the frames; only websocket_frames.cpp sees it. Only net/ includes this.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/websocket.h"

struct wslay_frame_iocb;

namespace swarma::net {

enum class FrameKind : std::uint8_t { Text = 1, Binary = 2, Close = 8, Ping = 9, Pong = 10 };

/// Appends one whole frame. A client's are masked with random bytes, as the protocol asks.
void append_frame(std::string& out, FrameKind kind, std::string_view payload, WebSocketSide side);
void append_close(std::string& out, std::uint16_t code, std::string_view reason, WebSocketSide side);

/// The reading end of one connection. Between two messages it holds no buffer. Not safe for concurrent use.
class WebSocketFrames {
 public:
  struct Message {
    std::string text;
    MessageKind kind;
  };
  struct Closed {
    std::uint16_t code;
    std::string reason;
    bool by_peer = false;  // it said so itself, and nothing follows
  };

  WebSocketFrames(WebSocketSide side, std::size_t max_message);
  ~WebSocketFrames();
  WebSocketFrames(const WebSocketFrames&) = delete;

  /// Reads what arrived and returns the messages that it completes. Replies are appended to `replies`: pongs, the
  /// answer to a close, or a close with the reason why this cannot be read.
  std::vector<Message> feed(std::string_view bytes, std::string& replies);
  /// Once the other end has closed (its code and reason) or broken the rules (the code it was told).
  const std::optional<Closed>& closed() const { return closed_; }

  /// Appends a close frame unless one was sent before.
  void close(std::uint16_t code, std::string_view reason, std::string& out);
  void note_close_sent() { close_sent_ = true; }
  bool close_sent() const { return close_sent_; }

  bool holds_buffer() const { return reader_ != nullptr; }

 private:
  struct Reader;
  std::uint16_t begin_frame(const wslay_frame_iocb& frame);
  std::uint16_t end_frame(const wslay_frame_iocb& frame, std::vector<Message>& messages, std::string& replies);
  std::uint16_t take_close(std::string_view payload, std::string& replies);

  const WebSocketSide side_;
  const std::size_t max_message_;
  std::unique_ptr<Reader> reader_;
  bool close_sent_ = false;
  std::optional<Closed> closed_;
};

}  // namespace swarma::net
