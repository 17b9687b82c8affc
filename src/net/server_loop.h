// Inside of the HTTP server: what all loops share, one loop, and where a connection reports to. Only net/ includes
// this.
//
// Each loop has one thread, its own listening socket (SO_REUSEPORT: the kernel spreads the connections) and its own
// connections; nothing below is shared between loops but ServerShared, whose parts are constant or safe by themselves.
#pragma once

#include <openssl/types.h>

#include <array>
#include <asio/basic_socket_acceptor.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <atomic>
#include <map>
#include <mutex>

#include "net/http_parser.h"
#include "net/late_answer.h"
#include "net/loop_types.h"
#include "net/mailbox.h"
#include "net/route.h"
#include "net/router.h"
#include "net/server_options.h"
#include "net/worker_pool.h"

namespace swarma::net {

using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;

/// How many connections each address has. Safe for concurrent use.
class AddressBook {
 public:
  bool enter(const std::string& address, std::size_t limit);  // false: it has as many as it may
  void leave(const std::string& address);

 private:
  std::mutex mutex_;
  std::map<std::string, std::size_t> open_;
};

class Loop;

struct ServerShared {
  /// Begins the life of a connection on its loop. `counted`: the address book has an entry for its address.
  using OpenConnection = void (*)(Loop& loop, Socket socket, std::string address, bool counted);

  ServerShared(ServerOptions given, std::vector<Route> routes, ErrorRenderer renderer, OpenConnection open)
      : options(std::move(given)),
        router(std::move(routes)),
        errors(std::move(renderer)),
        open_connection(open),
        workers(options.workers) {}

  /// The error as a response, with the status of own_refusal_status() if it has one.
  Response render(const Request& request, const Error& error) const;

  const ServerOptions options;
  const Router router;
  const ErrorRenderer errors;
  const OpenConnection open_connection;
  std::atomic<std::shared_ptr<SSL_CTX>> tls;  // null: in the clear; replaced when the certificate is
  WorkerPool workers;
  std::atomic<std::size_t> connections{0};
  AddressBook addresses;
  std::atomic<bool> stopping{false};
};

/// A request in progress. Reused: an idle connection has none.
struct Exchange {
  RequestParser parser;
  Request request;
  SteadyClock::duration body_waited{0};  // for the client, since the head
  std::uint64_t body_received = 0;
};

/// Requests of one route with a GroupHandler that were ready in the same turn of a loop.
struct Group {
  const Route* route = nullptr;
  std::vector<const Request*> requests;
  std::vector<std::move_only_function<void(std::shared_ptr<LateAnswer>)>> answered;  // one for each request
};
constexpr std::size_t kMaxGroup = 16;  // bounds how long the first of them waits for the last

/// One for each request of the group: there already, or still to come. Late ones wake `mailbox`.
using GroupAnswers = std::vector<std::shared_ptr<LateAnswer>>;
GroupAnswers call_group(const Group& group, const std::shared_ptr<Mailbox>& mailbox);
/// Of a route that runs Either way, after a refusal to wait: whether the answer is that refusal. Null: it is to come.
bool would_wait(const Result<Response>* response);

/// What a loop knows of a connection, and calls on its own thread between two steps of the connection.
class LoopClient {
 public:
  virtual ~LoopClient() = default;
  virtual void on_sweep(SteadyClock::time_point now) = 0;
  virtual void on_drain() = 0;    // close if idle
  virtual void on_abandon() = 0;  // close at the next wait

  std::size_t slot = 0;  // its place in the loop's list
};

class Loop {
 public:
  Loop(ServerShared& shared, const Fd& listening_socket);
  ~Loop();
  Loop(const Loop&) = delete;

  void run();    // until drained
  void drain();  // from any thread

  // For connections, on the loop's thread.
  ServerShared& shared;
  LoopCounters counters;
  std::array<char, kReadBuffer> read_buffer;  // for use between two suspensions only, as is
  std::string head_buffer;                    // this
  Executor executor() { return io_.get_executor(); }
  const std::shared_ptr<Mailbox>& mailbox() { return mailbox_; }
  SteadyClock::time_point now() const { return SteadyClock::now(); }
  /// `answered` is called on the loop, soon but never from inside this call; destroyed uncalled when the loop ends.
  void join_group(const Route& route, const Request& request,
                  std::move_only_function<void(std::shared_ptr<LateAnswer>)> answered);
  std::unique_ptr<Exchange> take_exchange();
  void give_back(std::unique_ptr<Exchange> exchange);
  void add(LoopClient& connection);
  void remove(LoopClient& connection);

 private:
  void answer_group(Group& group);
  void answer_on_worker(std::unique_ptr<Group> alone);
  Task<> accept_connections();
  Task<> sweep_deadlines();
  void open(Socket socket, const asio::ip::tcp::endpoint& peer);
  void on_drain();
  void finish_if_drained();

  std::vector<LoopClient*> connections_;
  Group* forming_ = nullptr;  // owned by the task that will answer it
  std::vector<std::unique_ptr<Exchange>> spare_exchanges_;
  bool draining_ = false;
  SteadyClock::time_point drain_deadline_{};
  SteadyClock::time_point say_again_{};  // when the next accept that fails is logged
  asio::io_context io_{1};               // destroyed before what its coroutines use, hence below it
  const std::shared_ptr<Mailbox> mailbox_;
  asio::executor_work_guard<Executor> keep_running_;
  Acceptor acceptor_;
  Timer sweep_timer_, accept_pause_;
};

}  // namespace swarma::net
