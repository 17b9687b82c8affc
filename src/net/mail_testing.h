// For tests: a fake mail server that says what the test wants.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

#include "base/file.h"

namespace swarma::net::testing {

/// Serves one connection after the other, in the clear. Replies by verb ("." is the end of a mail); an empty reply
/// hangs up. Nobody's mail is checked.
class FakeSmtpServer {
 public:
  explicit FakeSmtpServer(std::map<std::string, std::string> replies = {}) : replies_(std::move(replies)) {
    listening_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (::bind(listening_.get(), reinterpret_cast<sockaddr*>(&address), length) != 0 ||
        ::listen(listening_.get(), 64) != 0 ||
        ::getsockname(listening_.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0)
      throw std::runtime_error("listen");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] {
      while (!stopping_) serve(Fd(::accept(listening_.get(), nullptr, nullptr)));
    });
  }
  ~FakeSmtpServer() { stop(); }
  std::string url() const { return "smtp://127.0.0.1:" + std::to_string(port_); }
  /// What clients have said so far.
  std::string heard() {
    const std::lock_guard lock(mutex_);
    return heard_;
  }
  /// The same once nobody is served any more.
  std::string heard_in_all() {
    stop();
    return heard();
  }

 private:
  void stop() {
    stopping_ = true;
    ::shutdown(listening_.get(), SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
  }
  void serve(const Fd& client) {
    if (!client) return;
    const timeval patience{10, 0};
    ::setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    bool in_mail = false;
    if (!say(client, "220 fake ESMTP\r\n")) return;
    for (std::string line; read_line(client, line);) {
      note(line);
      if (in_mail && line != ".\r\n") continue;
      const std::string verb = in_mail ? "." : line.substr(0, 4);
      const std::string reply = reply_to(verb);
      if (!say(client, reply) || verb == "QUIT") return;
      in_mail = verb == "DATA" && reply.starts_with("354");
    }
  }
  void note(const std::string& line) {
    const std::lock_guard lock(mutex_);
    heard_ += line;
  }
  std::string reply_to(const std::string& verb) const {
    if (const auto found = replies_.find(verb); found != replies_.end()) return found->second;
    return verb == "DATA" ? "354 go on\r\n" : verb == "QUIT" ? "221 bye\r\n" : "250 fine\r\n";
  }
  static bool say(const Fd& client, const std::string& text) {
    return !text.empty() && ::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL) > 0;
  }
  static bool read_line(const Fd& client, std::string& line) {
    line.clear();
    for (char c; ::recv(client.get(), &c, 1, 0) == 1;) {
      line += c;
      if (c == '\n') return true;
    }
    return false;
  }

  const std::map<std::string, std::string> replies_;
  Fd listening_;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::string heard_;
  std::thread thread_;
};

}  // namespace swarma::net::testing
