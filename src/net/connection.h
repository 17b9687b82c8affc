// One client's connection: reads requests one after another and answers each before it reads the next.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "net/server_loop.h"
#include "net/transport.h"
#include "net/websocket_connection.h"

namespace swarma::net {

class Connection final : public LoopClient {
 public:
  /// `counted_address` is set where the address book has an entry to give back.
  Connection(Loop& loop, Socket socket, std::string address, bool counted_address);
  ~Connection() override;
  Connection(const Connection&) = delete;

  /// The whole life of the connection. It must be owned by the coroutine that awaits this.
  Task<> run();

  void on_sweep(SteadyClock::time_point now) override;
  void on_drain() override;
  void on_abandon() override;
  void wake();  // ends park()

 private:
  enum class Goal { Head, Piece, Whole };
  enum class Ending { Ready, Gone, Refused };
  struct ReadResult {
    Ending ending = Ending::Ready;
    std::optional<Error> error;  // with Refused
  };
  struct Answer {
    std::optional<Response> response;  // none: the client has gone
    bool keep_alive = true;
  };

  // connection.cpp
  Task<bool> wait(IoState state);
  Task<> let_others_run(std::size_t used);
  Task<bool> hold_back(std::chrono::seconds time);
  Task<bool> handshake();
  Task<bool> wait_for_request();
  Task<bool> serve(Exchange& exchange);
  Task<ReadResult> read_until(Exchange& exchange, Goal goal);
  Task<bool> wait_for_input(Exchange& exchange, Goal goal, IoState state, bool& armed);
  Task<bool> skip_small_body(Exchange& exchange);
  Task<> linger();

  // connection_answer.cpp
  Result<void> fill_request(Exchange& exchange) const;
  std::string client_address(const Headers& headers) const;
  std::string local_url(std::string_view scheme) const;
  Task<Answer> answer(Exchange& exchange);
  Task<Answer> answer_endpoint(Exchange& exchange, const Endpoint& endpoint);
  Task<Answer> answer_route(Exchange& exchange, const Route& route);
  Task<Answer> run_handler(Exchange& exchange, const Route& route);
  Task<std::optional<Result<Response>>> call(const Request& request, const Route& route);
  Task<std::optional<Result<Response>>> call_later(const Request& request, const Route& route);
  Task<std::optional<Result<Response>>> wait_for(std::shared_ptr<LateAnswer> late);
  Task<std::shared_ptr<LateAnswer>> run_group(const Request& request, const Route& route);
  Task<Answer> open_websocket(Exchange& exchange, const Route& route);
  Task<Answer> run_sink(Exchange& exchange, const Route& route);
  Task<ReadResult> pour_body(Exchange& exchange, const Route& route, BodySink& sink);
  Task<bool> allow_body(Exchange& exchange);
  Answer refuse(const Exchange& exchange, const Error& error, bool keep_alive) const;

  /// A stream whose head has been sent. It may last for hours, so run() goes on with it without the request.
  struct Streaming {
    StreamBody body;
    bool chunked = true;
    bool is_events = false;
    bool unread = false;  // of the request's body something has not been read, and the connection is to be closed
  };

  /// How fast the client takes a body. What the kernel still holds for it does not count as taken.
  struct Outflow {
    std::uint64_t sent = 0;     // given to the kernel
    std::uint64_t waiting = 0;  // what it held before
    std::uint64_t taken = 0, taken_before = 0;
    SteadyClock::time_point last_progress, window_begin;
  };

  // connection_send.cpp
  Task<bool> send(Exchange& exchange, Response response, bool keep_alive);
  Task<bool> write_all(std::string_view head, std::string_view body, bool more, bool at_any_rate = false);
  Task<bool> write_rest(std::string head, std::string_view body, bool more, bool at_any_rate);
  Outflow begin_outflow();
  Task<bool> wait_for_reader(IoState state, Outflow& flow, bool at_any_rate);
  std::uint64_t held_by_kernel();
  Task<bool> send_file(const FileBody& body);
  Task<bool> send_stream(Streaming& stream);
  Task<bool> park(SteadyClock::duration time);
  bool peer_hung_up();

  void arm(SteadyClock::duration timeout);
  void disarm() { deadline_ = SteadyClock::time_point::max(); }

  Loop& loop_;
  Socket socket_;
  std::unique_ptr<Transport> transport_;
  std::string address_;
  bool counted_address_;
  std::string pending_;  // received and not consumed yet
  SteadyClock::time_point deadline_ = SteadyClock::time_point::max();
  std::size_t turn_used_ = 0;
  bool timed_out_ = false;
  bool abandoned_ = false;
  bool idle_ = false;
  bool parked_ = false, woken_ = false;
  std::unique_ptr<Streaming> stream_;
  std::unique_ptr<WebSocketConnection> websocket_;  // what this connection has become
};

}  // namespace swarma::net
