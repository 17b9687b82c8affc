// The HTTP/1.1 server: one event loop per core (SO_REUSEPORT), keep-alive, pipelining in order, ranges and sendfile for
// FileBody, TLS 1.3, limits on everything, graceful drain.
//
// A handler is a plain function (net/responder.h). Routes marked Inline run on the loop and must not block
// (cryptography, memory: microseconds); those marked Worker run on a pool of threads; those marked Either run on the
// loop, where nothing waits for a lock (base/no_waiting.h), and once more on a worker if they answered 503 because
// something would have had to wait: such an answer must have changed nothing. Handlers are called concurrently.
// Whatever waits for somebody else answers later, and streams are pushed: neither holds a thread meanwhile.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/route.h"
#include "net/server_options.h"

namespace swarma::net {

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
