// The writing end of a response body that is made while it is sent: server-sent events, long downloads. A stream needs
// no thread: pieces are queued by whoever has them and leave on the connection's event loop.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace swarma::net {

class StreamQueue;

/// Safe from any thread. Letting go of the writer ends the body.
class StreamWriter {
 public:
  explicit StreamWriter(std::shared_ptr<StreamQueue> queue) : queue_(std::move(queue)) {}
  StreamWriter(StreamWriter&&) noexcept = default;
  StreamWriter& operator=(StreamWriter&&) = delete;
  ~StreamWriter();

  /// Queues a piece. False when nobody reads any more: the client has gone, the server stops, or the reader is so slow
  /// that more than StreamBody::max_queued bytes would wait for it, which ends the stream.
  bool write(std::string piece);
  bool is_open() const;
  /// Calls `more` on the event loop, which it must not block, each time everything written has left. It may own the
  /// writer: it is let go of when the stream ends.
  void on_drained(std::function<void()> more);

 private:
  std::shared_ptr<StreamQueue> queue_;
};

struct StreamBody {
  /// Called once, on the event loop, when the head of the response has been sent.
  std::function<void(StreamWriter)> start;
  std::size_t max_queued = 64 * 1024;  // bytes
  /// Sent after so long a silence, so that a client that vanished is noticed and proxies keep the connection.
  std::string heartbeat = {};
  std::chrono::seconds silence{15};
  std::string farewell = {};  // the last words to a reader that was too slow
};

}  // namespace swarma::net
