// The HTTP/1.1 server: one event loop per core (SO_REUSEPORT), keep-alive, pipelining in order, ranges and sendfile for
// FileBody, TLS 1.3, limits on everything, graceful drain.
//
// A handler is a plain function (net/responder.h). Routes marked Inline run on the loop and must not block
// (cryptography, memory: microseconds); those marked Worker run on a pool of threads; those marked Either run on the
// loop, where nothing waits for a lock (base/no_waiting.h), and once more on a worker if they answered 503 because
// something would have had to wait: such an answer must have changed nothing. Handlers are called concurrently.
// Whatever waits for somebody else answers later, and streams are pushed: neither holds a thread meanwhile.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/options.h"
#include "net/http.h"
#include "net/responder.h"
#include "net/websocket.h"

namespace swarma::net {

enum class Where { Inline, Worker, Either };

/// Answers several requests of one route, in their order: what they share (a commit) is then paid once.
using GroupHandler = std::function<std::vector<Response>(std::span<const Request* const>)>;
/// Called when the head of a request has arrived: an error answers at once, before the body is read.
using SinkFactory = std::function<Result<std::unique_ptr<BodySink>>(const Request& head)>;

struct Route {
  std::string method;  // "GET" also answers HEAD; an "OPTIONS" of one's own is given what CORS needs as well
  // "/v1/titles/{id}"; {blob} matches <64 lower-case hex>[.ext] only; a trailing {name*} matches the rest, also
  // nothing. Where several match, the more particular segment wins: literal, {blob}, {name}, {name*}.
  std::string pattern;
  Where where = Where::Worker;
  std::size_t max_body = 64 * 1024;
  Handler handler;
  GroupHandler group;  // instead of handler: on the loop it gets what is ready in one turn, on a worker one at a time
  SinkFactory sink;    // instead of handler: the body is streamed, max_body still holds
  WebSocketFactory websocket = {};  // instead of handler, with "GET": who does not ask for one gets 426
  WebSocketOptions websocket_options = {};
  // On every answer at this pattern, the server's own refusals included ("Tus-Resumable").
  std::vector<std::pair<std::string, std::string>> headers = {};
};

/// Turns an Error into a response (api/ gives application/problem+json). For its own refusals the server replaces the
/// status by that of own_refusal_status(), so a renderer that writes the status into the body should ask for it too.
using ErrorRenderer = std::function<Response(const Request&, const Error&)>;

/// The status of a refusal that the server makes by itself, known by its reason ("method_not_allowed": 405); 0 for
/// others.
int own_refusal_status(const Error& error);

struct ServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free port
  unsigned loops = 0;      // 0: one per core
  unsigned workers = 4;
  std::size_t max_header_bytes = 16 * 1024;
  std::size_t max_connections = 20'000;
  std::size_t max_connections_per_address = 4'096;  // loopback is exempt
  std::chrono::seconds header_timeout{10};          // from the first byte of a request to the end of its head
  std::chrono::seconds idle_timeout{75};            // between requests
  std::chrono::seconds body_timeout{30};            // without a byte in either direction while one is due
  std::chrono::seconds drain_timeout{10};
  std::uint64_t min_read_rate = 1024;    // bytes a second that the reader of a body takes at least; 0: any
  std::chrono::seconds read_window{60};  // over which that is measured; event streams are exempt
  std::string certificate_file;          // PEM chain; with key_file: TLS only
  std::string key_file;
  bool strict_transport = false;             // tell browsers to come back with https only (RFC 6797); with TLS
  std::string public_url;                    // empty: http(s)://Host header
  std::vector<std::string> trusted_proxies;  // addresses whose X-Forwarded-For is believed
};

/// Those that an operator chooses: all but host, port, certificate and key.
void describe(OptionSet& options, ServerOptions& server);

struct ServerStats {
  std::uint64_t connections_open = 0;
  std::uint64_t requests = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t errors_4xx = 0;
  std::uint64_t errors_5xx = 0;
  std::uint64_t slow_streams = 0;  // and WebSockets: ended because their readers did not keep up
};

class HttpServer {
 public:
  /// Binds and listens; requests wait in the backlog until run(). Io with a sentence when the address is taken.
  static Result<std::unique_ptr<HttpServer>> create(ServerOptions options, std::vector<Route> routes,
                                                    ErrorRenderer errors);
  virtual ~HttpServer() = default;

  /// Blocks until stop() has drained: no new connections, requests under way finish, at most drain_timeout. Event
  /// streams and WebSockets end at once. A handler that still runs then is waited for, but its client is not answered.
  /// Call it once.
  virtual void run() = 0;
  virtual void stop() = 0;  // from any thread or a signal-handling thread
  /// Reads the certificate and its key anew, for connections from now on. BadRequest "bad_certificate": the ones from
  /// before stay in use. From any thread.
  virtual Result<void> reload_certificate() = 0;
  virtual std::string url() const = 0;  // http://127.0.0.1:8080
  virtual ServerStats stats() const = 0;
};

}  // namespace swarma::net
