#include "net/http_server.h"

#include <netdb.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <cstring>
#include <thread>

#include "base/file.h"
#include "base/log.h"
#include "net/connection.h"
#include "net/server_loop.h"
#include "net/tls.h"

namespace swarma::net {
namespace {

// What the kernel may hold of a response beyond what the network has room for. Without it thousands of downloads fill
// its TCP memory (tcp_mem), and under that pressure everybody is slow: 2,000 readers of 1 MB files got a third more
// through.
constexpr int kMaxUnsent = 128 * 1024;
constexpr rlim_t kReservedDescriptors = 256;  // for files, databases and outbound connections

std::string written_host(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

using AddressList = std::unique_ptr<addrinfo, decltype([](addrinfo* list) { ::freeaddrinfo(list); })>;

Result<AddressList> resolve(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found); code != 0)
    return fail(ErrorCode::BadRequest, "bad_listen_address",
                "Cannot listen on \"" + host + "\": " + ::gai_strerror(code) + ".");
  return AddressList(found);
}

std::unexpected<Error> cannot_listen(const std::string& host, std::uint16_t port) {
  const int number = errno;
  std::string message =
      "Cannot listen on " + written_host(host) + ":" + std::to_string(port) + ": " + std::strerror(number) + ".";
  if (number == EADDRINUSE) message += " Another program has this port; stop it or choose another one.";
  return fail(ErrorCode::Io, number == EADDRINUSE ? "address_in_use" : "cannot_listen", std::move(message));
}

/// The first socket binds without SO_REUSEPORT, so that an address somebody else listens on is an error even where that
/// somebody is another node of the same user; then it allows the other loops to join.
Result<Fd> listen_on(const std::string& host, std::uint16_t port, bool first) {
  SWARMA_TRY(const AddressList addresses, resolve(host, port));
  const addrinfo& address = *addresses;
  Fd socket(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return cannot_listen(host, port);
  const auto set = [&](int level, int option, int value) {
    return ::setsockopt(socket.get(), level, option, &value, sizeof value) == 0;
  };
  bool ok = set(SOL_SOCKET, SO_REUSEADDR, 1) && set(IPPROTO_TCP, TCP_NODELAY, 1) &&
            set(IPPROTO_TCP, TCP_NOTSENT_LOWAT, kMaxUnsent);  // accepted sockets inherit all three
  if (address.ai_family == AF_INET6) ok = ok && set(IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (!first) ok = ok && set(SOL_SOCKET, SO_REUSEPORT, 1);
  ok = ok && ::bind(socket.get(), address.ai_addr, address.ai_addrlen) == 0;
  if (first) ok = ok && set(SOL_SOCKET, SO_REUSEPORT, 1);
  if (!ok || ::listen(socket.get(), SOMAXCONN) != 0) return cannot_listen(host, port);
  return socket;
}

std::uint16_t bound_port(const Fd& socket) {
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &length) != 0) return 0;
  return ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port
                                           : reinterpret_cast<sockaddr_in*>(&bound)->sin_port);
}

/// Each connection is a descriptor: takes what the system allows and returns how many connections that is.
std::size_t raise_descriptor_limit(std::size_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  if (limit.rlim_cur < limit.rlim_max && limit.rlim_cur < wanted + kReservedDescriptors) {
    limit.rlim_cur = limit.rlim_max;
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) ::getrlimit(RLIMIT_NOFILE, &limit);
  }
  const rlim_t usable =
      limit.rlim_cur > 2 * kReservedDescriptors ? limit.rlim_cur - kReservedDescriptors : limit.rlim_cur / 2;
  return std::min<std::size_t>(wanted, usable);
}

Task<> live(std::unique_ptr<Connection> connection) {
  co_await connection->run();
}

void open_connection(Loop& loop, Socket socket, std::string address, bool counted) {
  auto connection = std::make_unique<Connection>(loop, std::move(socket), std::move(address), counted);
  asio::co_spawn(loop.executor(), live(std::move(connection)), asio::detached);
}

/// One that came while loops blocked it would end the process as soon as it is let through again.
void take_sigpipe() {
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  const timespec now{};
  sigtimedwait(&pipe, nullptr, &now);
}

class AsioHttpServer final : public HttpServer {
 public:
  AsioHttpServer(ServerOptions options, std::vector<Route> routes, ErrorRenderer errors)
      : shared_(std::move(options), std::move(routes), std::move(errors), open_connection) {}
  ~AsioHttpServer() override { shared_.workers.join(); }

  Result<void> listen() {
    const ServerOptions& options = shared_.options;
    SWARMA_RETURN_IF_ERROR(reload_certificate());
    const unsigned count = options.loops != 0 ? options.loops : std::max(1u, std::thread::hardware_concurrency());
    port_ = options.port;
    for (unsigned i = 0; i < count; ++i) {
      SWARMA_TRY(const Fd socket, listen_on(options.host, port_, i == 0));
      if (i == 0) port_ = bound_port(socket);
      loops_.push_back(std::make_unique<Loop>(shared_, socket));
    }
    return {};
  }

  void run() override {
    sigset_t before;
    pthread_sigmask(SIG_SETMASK, nullptr, &before);
    std::vector<std::thread> threads;
    for (std::size_t i = 1; i < loops_.size(); ++i) threads.emplace_back([this, i] { loops_[i]->run(); });
    loops_[0]->run();
    for (std::thread& thread : threads) thread.join();
    take_sigpipe();
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    shared_.workers.join();
  }

  void stop() override {
    shared_.stopping = true;
    for (const auto& loop : loops_) loop->drain();
  }

  Result<void> reload_certificate() override {
    const ServerOptions& options = shared_.options;
    if (options.certificate_file.empty() && options.key_file.empty()) return {};
    SWARMA_TRY(auto context, make_tls_context(options.certificate_file, options.key_file));
    shared_.tls.store(std::move(context));
    return {};
  }

  std::string url() const override {
    return (shared_.tls.load() ? "https://" : "http://") + written_host(shared_.options.host) + ":" +
           std::to_string(port_);
  }

  ServerStats stats() const override {
    ServerStats sum;
    sum.connections_open = shared_.connections.load(std::memory_order_relaxed);
    for (const auto& loop : loops_) {
      const LoopCounters& counters = loop->counters;
      sum.requests += counters.requests.load(std::memory_order_relaxed);
      sum.bytes_sent += counters.bytes_sent.load(std::memory_order_relaxed);
      sum.errors_4xx += counters.errors_4xx.load(std::memory_order_relaxed);
      sum.errors_5xx += counters.errors_5xx.load(std::memory_order_relaxed);
      sum.slow_streams += counters.slow_streams.load(std::memory_order_relaxed);
    }
    return sum;
  }

 private:
  ServerShared shared_;
  std::uint16_t port_ = 0;
  std::vector<std::unique_ptr<Loop>> loops_;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::create(ServerOptions options, std::vector<Route> routes,
                                                       ErrorRenderer errors) {
  options.max_connections = raise_descriptor_limit(options.max_connections);
  auto server = std::make_unique<AsioHttpServer>(std::move(options), std::move(routes), std::move(errors));
  SWARMA_RETURN_IF_ERROR(server->listen());
  return server;
}

}  // namespace swarma::net
