// One WebSocket after its handshake, on either side: moves bytes between socket, frames and session, sends pings, and
// ends in time. Only net/ includes this.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "net/loop_types.h"
#include "net/mailbox.h"
#include "net/stream_queue.h"
#include "net/transport.h"
#include "net/websocket_frames.h"

namespace swarma::net {

/// Everything but the constructor is for the thread of the loop.
class WebSocketConnection {
 public:
  /// `options` and `subprotocol` must outlive it.
  WebSocketConnection(WebSocketSide side, const WebSocketOptions& options, std::string_view subprotocol,
                      std::unique_ptr<WebSocketSession> session);
  ~WebSocketConnection();
  WebSocketConnection(const WebSocketConnection&) = delete;

  /// What it works with; all of it must outlive run().
  struct Wire {
    Socket& socket;
    Transport& transport;
    std::span<char> read_buffer;  // shared with others between two suspensions
    const std::shared_ptr<Mailbox>& mailbox;
    LoopCounters& counters;
  };
  /// From on_open() until the connection may be closed. `received`: what came behind the handshake.
  Task<> run(Wire wire, std::string received);

  /// Called now and then, between two steps of run().
  void on_sweep(SteadyClock::time_point now);
  void on_drain();    // says goodbye and ends
  void on_abandon();  // ends at once

  WebSocketSession& session() { return *session_; }

 private:
  void start(std::string received);
  bool move_bytes();
  void fill_output();
  bool write_some();
  bool read_some();
  void take(std::string_view bytes);
  void look_at_clock();
  void drop_slow_reader();
  void end(std::uint16_t code, std::string_view reason);
  template <class Call>
  void guarded(Call call);
  Task<> wait();
  Task<> wait_for_either();
  Task<> linger();
  void wake();

  const WebSocketSide side_;
  const WebSocketOptions& options_;
  const std::string_view subprotocol_;
  const std::unique_ptr<WebSocketSession> session_;
  WebSocketFrames frames_;
  Wire* wire_ = nullptr;
  std::shared_ptr<StreamQueue> queue_;
  std::string output_;  // whole frames: `queued_` bytes of messages, then replies; `sent_` bytes have left
  std::size_t queued_ = 0, sent_ = 0;
  SteadyClock::time_point deadline_ = SteadyClock::time_point::max();
  SteadyClock::time_point heard_;           // when the last byte came
  SteadyClock::time_point stalled_since_;   // with stalled_: nothing of output_ has been taken
  SteadyClock::time_point close_deadline_;  // with closing_: our close frame is on its way
  bool pinged_ = false, stalled_ = false, closing_ = false;
  bool blocked_ = false;  // reading waits until the socket can be written to (TLS)
  bool waiting_ = false, woken_ = false;
  bool draining_ = false, gone_ = false;
  bool ended_ = false;  // the session has been told
};

}  // namespace swarma::net
