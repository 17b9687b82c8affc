// WebSockets opened by us: the first test is the usage.
#include "net/websocket_client.h"

#include <gmock/gmock.h>

#include <future>

#include "base/clock.h"
#include "base/testing.h"
#include "net/tls.h"
#include "net/websocket_testing.h"

namespace swarma::net {
namespace {

using namespace net::testing;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string websocket_url(const RunningServer& server, std::string_view path = "/socket") {
  return "ws" + server.url(path).substr(4);
}

/// What the session hears of one attempt.
std::string outcome(WebSocketClient& client, WebSocketTarget target) {
  SessionLog log;
  const auto begun = client.connect(std::move(target), std::make_unique<EchoSession>(log));
  if (!begun) return begun.error().reason;
  const std::string first = log.next();
  if (first == "open") log.socket().close();
  if (first == "open") log.next();
  return first;
}

/// Accepts one connection and answers what it is told, whatever is asked.
class RudeServer {
 public:
  explicit RudeServer(std::string answer) : listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (::bind(listening_.get(), reinterpret_cast<sockaddr*>(&address), length) != 0 ||
        ::listen(listening_.get(), 1) != 0)
      throw std::runtime_error("listen");
    ::getsockname(listening_.get(), reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, answer = std::move(answer)] {
      const Fd accepted(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      std::array<char, 4096> request;
      if (::recv(accepted.get(), request.data(), request.size(), 0) <= 0) return;
      std::ignore = ::send(accepted.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
      if (answer.empty()) std::ignore = ::recv(accepted.get(), request.data(), request.size(), 0);
    });
  }
  ~RudeServer() { thread_.join(); }
  std::string url() const { return "ws://127.0.0.1:" + std::to_string(port_) + "/"; }

 private:
  Fd listening_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

TEST(WebSocketClient, ExchangesMessages) {
  SessionLog at_server, at_client;
  RunningServer server({websocket_route(at_server, {.subprotocols = {"chat"}})});
  WebSocketClient client;
  const auto begun = client.connect({.url = websocket_url(server), .options = {.subprotocols = {"chat"}}},
                                    std::make_unique<EchoSession>(at_client, false));
  ASSERT_TRUE(begun) << begun.error().message;
  EXPECT_EQ(at_client.next(), "open chat");
  EXPECT_TRUE(at_client.socket().send("hello"));
  EXPECT_EQ(at_client.next(), "text hello");
  EXPECT_TRUE(at_client.socket().send(std::string(1 << 20, '\xff'), MessageKind::Binary));
  EXPECT_EQ(at_client.next(), "binary " + std::string(100, '\xff'));
  at_client.socket().close(1000, "done");
  EXPECT_EQ(at_client.next(), "close 1000 done");
  EXPECT_FALSE(at_client.socket().is_open());
}

TEST(WebSocketClient, HearsWhyTheServerClosed) {
  SessionLog at_server, at_client;
  RunningServer server({websocket_route(at_server)});
  WebSocketClient client;
  ASSERT_TRUE(client.connect({.url = websocket_url(server)}, std::make_unique<EchoSession>(at_client, false)));
  EXPECT_EQ(at_client.next(), "open");
  at_client.socket().send("close");
  EXPECT_EQ(at_client.next(), "close 4321 as you wish");
}

TEST(WebSocketClient, SaysWhyItCouldNotConnect) {
  SessionLog at_server;
  std::string url;
  WebSocketClient client({.connect_timeout = milliseconds(500)});
  {
    RunningServer server({websocket_route(at_server)});
    url = websocket_url(server);
    EXPECT_EQ(outcome(client, {.url = url}), "open");
    EXPECT_EQ(outcome(client, {.url = url + "?refuse"}), "failure refused") << "no problem document";
    EXPECT_EQ(outcome(client, {.url = websocket_url(server, "/nothing")}), "failure refused");
  }
  EXPECT_EQ(outcome(client, {.url = url}), "failure unreachable");
  EXPECT_EQ(outcome(client, {.url = "ws://no-such-host.invalid/"}), "failure unreachable");
  for (const std::string bad : {"http://a/", "ws:/a", "ws://", "ws://user@a/", "ws://a/#x", "ws://a/ b", "wss://a:x/"})
    EXPECT_EQ(outcome(client, {.url = bad}), "bad_url") << bad;
  Headers broken;
  broken.add("X", "a\r\nY: b");
  EXPECT_EQ(outcome(client, {.url = url, .headers = broken}), "bad_header");
}

TEST(WebSocketClient, DoesNotBelieveEveryAnswer) {
  WebSocketClient client({.connect_timeout = milliseconds(500)});
  const auto answered = [&](std::string answer) {
    const RudeServer server(std::move(answer));
    return outcome(client, {.url = server.url()});
  };
  const std::string upgraded = "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
  EXPECT_EQ(answered(upgraded + "\r\n"), "failure not_a_websocket");
  EXPECT_EQ(answered(upgraded + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"),
            "failure not_a_websocket");
  EXPECT_EQ(answered("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), "failure refused");
  EXPECT_EQ(answered("SSH-2.0-OpenSSH\r\n\r\n"), "failure bad_response");
  EXPECT_EQ(answered(upgraded), "failure unreachable") << "half an answer";
  EXPECT_EQ(answered(std::string(100'000, 'x')), "failure unreachable");
  EXPECT_EQ(answered(""), "failure timed_out");
  EXPECT_EQ(answered("HTTP/1.1 403 Forbidden\r\nContent-Type: application/problem+json\r\nContent-Length: 62\r\n\r\n"
                     "{\"type\":\"https://x/problems/not_accepted\",\"detail\":\"Not here.\"}"),
            "failure not_accepted");
}

TEST(WebSocketClient, IsBounded) {
  SessionLog at_server, at_client;
  RunningServer server({websocket_route(at_server)});
  WebSocketClient client({.max_connections = 1});
  ASSERT_TRUE(client.connect({.url = websocket_url(server)}, std::make_unique<EchoSession>(at_client, false)));
  EXPECT_EQ(at_client.next(), "open");
  EXPECT_EQ(outcome(client, {.url = websocket_url(server)}), "too_many_files");
}

TEST(WebSocketClient, SaysGoodbyeAtItsEnd) {
  SessionLog at_server, at_client;
  RunningServer server({websocket_route(at_server)});
  {
    WebSocketClient client;
    ASSERT_TRUE(client.connect({.url = websocket_url(server)}, std::make_unique<EchoSession>(at_client, false)));
    EXPECT_EQ(at_client.next(), "open");
    EXPECT_EQ(at_server.next(), "open");
  }
  EXPECT_THAT(at_server.next(), StartsWith("close 1001"));
  EXPECT_THAT(at_client.next(), StartsWith("close 1001"));
}

TEST(WebSocketClient, EndsAlsoWhileItConnects) {
  SessionLog at_server;
  RunningServer server({websocket_route(at_server)});
  for (int i = 0; i < 20; ++i) {
    SessionLog at_client;
    {
      WebSocketClient client;
      ASSERT_TRUE(client.connect({.url = websocket_url(server)}, std::make_unique<EchoSession>(at_client, false)));
      for (int yields = 0; yields < i; ++yields) std::this_thread::yield();
    }
    std::string last = at_client.next();
    if (last == "open") last = at_client.next();
    EXPECT_THAT(last, ::testing::AnyOf("failure unreachable", StartsWith("close 1001")));
  }
}

TEST(WebSocketClient, GoesThroughTlsAndVerifiesThePeer) {
  const swarma::testing::TemporaryFolder folder;
  const auto certificate = folder.path() / "c.pem", key = folder.path() / "k.pem";
  ASSERT_TRUE(make_self_signed_certificate({"localhost", "127.0.0.1"}, certificate, key, SystemClock().now()));
  SessionLog at_server, at_client;
  RunningServer server({websocket_route(at_server)}, {.certificate_file = certificate, .key_file = key});
  const std::string url = "wss" + server.url("/socket").substr(5);
  WebSocketClient trusting({.ca_file = certificate});
  ASSERT_TRUE(trusting.connect({.url = url}, std::make_unique<EchoSession>(at_client, false)));
  EXPECT_EQ(at_client.next(), "open");
  at_client.socket().send(std::string(100'000, 'x'));
  EXPECT_EQ(at_client.next(), "text " + std::string(100, 'x'));

  WebSocketClient strict;
  EXPECT_EQ(outcome(strict, {.url = url}), "failure tls_failed");
  std::string other_name = url;
  other_name.replace(other_name.find("127.0.0.1"), 9, "127.0.0.2");  // the server listens there too, with this name not
  EXPECT_NE(outcome(trusting, {.url = other_name}), "open");
  WebSocketClient broken({.ca_file = key});
  EXPECT_EQ(outcome(broken, {.url = url}), "bad_certificate");
}

}  // namespace
}  // namespace swarma::net
