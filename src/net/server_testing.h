// For tests: a server on loopback that runs until the end of the scope, and a client that sends exactly what it is
// told.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <thread>
#include <tuple>

#include "net/http_client.h"
#include "net/http_server.h"

namespace swarma::net::testing {

/// "<reason>: <message>" with status 500, which shows that the server puts its own status over it.
inline Response plain_error(const Request&, const Error& error) {
  Response response;
  response.status = 500;
  response.body = error.reason + ": " + error.message;
  return response;
}

inline Response text_response(std::string text) {
  Response response;
  response.headers.add("Content-Type", "text/plain");
  response.body = std::move(text);
  return response;
}

inline Route route(std::string method, std::string pattern, Handler handler, Where where = Where::Inline) {
  Route made;
  made.method = std::move(method);
  made.pattern = std::move(pattern);
  made.where = where;
  made.handler = std::move(handler);
  return made;
}

class RunningServer {
 public:
  explicit RunningServer(std::vector<Route> routes, ServerOptions options = {}) {
    auto made = HttpServer::create(std::move(options), std::move(routes), plain_error);
    if (!made) throw std::runtime_error(made.error().message);
    server_ = std::move(*made);
    thread_ = std::thread([this] { server_->run(); });
  }
  ~RunningServer() { stop(); }
  void stop() {
    server_->stop();
    if (thread_.joinable()) thread_.join();
  }
  HttpServer& operator*() { return *server_; }
  HttpServer* operator->() { return server_.get(); }
  std::string url(std::string_view path) const { return server_->url() + std::string(path); }
  std::uint16_t port() const {
    const std::string url = server_->url();
    return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
  }

 private:
  std::unique_ptr<HttpServer> server_;
  std::thread thread_;
};

struct RawResponse {
  int status = 0;
  std::string head, body;
  bool has(std::string_view line) const { return head.find("\r\n" + std::string(line) + "\r\n") != std::string::npos; }
};

/// A plain socket to a RunningServer. Reads give up after ten seconds, so that a failing test ends.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port, int receive_buffer = 0)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{10, 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (receive_buffer > 0) ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("connect");
  }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;  // the server has closed; what it said can still be read
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  void end_of_input() { ::shutdown(socket_.get(), SHUT_WR); }

  /// The next response, framed by its Content-Length; status 0 if the connection ends before.
  RawResponse response(bool to_head = false) {
    RawResponse out;
    std::size_t end;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos)
      if (!receive()) return out;
    out.head = received_.substr(0, end + 4);
    received_.erase(0, end + 4);
    out.status = std::atoi(out.head.c_str() + 9);
    const std::size_t length_at = out.head.find("Content-Length: ");
    const std::size_t length =
        to_head || length_at == std::string::npos ? 0 : std::stoul(out.head.substr(length_at + 16));
    while (received_.size() < length)
      if (!receive()) break;
    out.body = received_.substr(0, length);
    received_.erase(0, length);
    return out;
  }

  /// The next so many bytes, or all there are before the end of the connection.
  std::string exactly(std::size_t bytes) {
    while (received_.size() < bytes && receive()) continue;
    const std::string taken = received_.substr(0, bytes);
    received_.erase(0, taken.size());
    return taken;
  }

  /// Everything until the server closes the connection.
  std::string rest() {
    while (receive()) continue;
    return std::move(received_);
  }
  /// True when the server has closed and nothing is left to read.
  bool at_end() { return received_.empty() && !receive() && closed_; }

  /// Reads and forgets up to `most` bytes, without waiting. False until the first byte is there.
  bool take(std::size_t most) {
    std::string bytes(std::max<std::size_t>(most, 1), '\0');
    began_ = began_ || ::recv(socket_.get(), bytes.data(), 1, MSG_PEEK | MSG_DONTWAIT) > 0;
    if (most > 0) std::ignore = ::recv(socket_.get(), bytes.data(), most, MSG_DONTWAIT);
    return began_;
  }

  bool receive() {
    char buffer[65536];
    const ssize_t got = ::recv(socket_.get(), buffer, sizeof buffer, 0);
    closed_ = got == 0 || (got < 0 && errno == ECONNRESET);
    if (got > 0) received_.append(buffer, static_cast<std::size_t>(got));
    return got > 0;
  }

 private:
  Fd socket_;
  std::string received_;
  bool closed_ = false;
  bool began_ = false;
};

inline RawResponse raw_exchange(RunningServer& server, std::string_view request) {
  RawClient client(server.port());
  client.send(request);
  return client.response();
}

}  // namespace swarma::net::testing
