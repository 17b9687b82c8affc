// WebSockets of a server, seen from a client that writes its own frames: the first test is the usage.
#include <gmock/gmock.h>

#include <future>

#include "net/websocket_testing.h"

namespace swarma::net {
namespace {

using namespace net::testing;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// A server with one WebSocket, and a client that has opened it.
struct Open {
  explicit Open(WebSocketOptions options = {}, bool echo = true, int receive_buffer = 0)
      : server({websocket_route(log, std::move(options), echo)}), client(server.port(), receive_buffer) {
    client.send(kHandshake);
    EXPECT_EQ(client.response().status, 101);
    EXPECT_THAT(log.next(), StartsWith("open"));
  }
  std::string frame(unsigned first, std::string_view payload) {
    const std::string expected = raw_frame(first, payload, false);
    const std::string got = client.exactly(expected.size());
    EXPECT_EQ(got, expected);
    return got;
  }
  SessionLog log;
  RunningServer server;
  RawClient client;
};

TEST(WebSocketServer, ExchangesMessages) {
  class Shouting final : public WebSocketSession {
    void on_open(WebSocket socket, std::string_view) override {
      socket_ = std::move(socket);
      socket_->send("welcome");
    }
    void on_message(std::string message, MessageKind) override { socket_->send(message + "!"); }
    void on_close(std::uint16_t, std::string_view) override {}
    std::optional<WebSocket> socket_;
  };
  Route route;
  route.method = "GET";
  route.pattern = "/socket";
  route.where = Where::Inline;
  route.websocket = [](const Request&) -> Result<std::unique_ptr<WebSocketSession>> {
    return std::make_unique<Shouting>();
  };
  RunningServer server({route});
  RawClient client(server.port());
  client.send(kHandshake);
  const RawResponse accepted = client.response();
  EXPECT_EQ(accepted.status, 101);
  EXPECT_TRUE(accepted.has("Upgrade: websocket"));
  EXPECT_TRUE(accepted.has("Connection: Upgrade"));
  EXPECT_TRUE(accepted.has("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
  EXPECT_EQ(client.exactly(9), raw_frame(kText, "welcome", false));
  client.send(raw_frame(kText, "hello"));
  EXPECT_EQ(client.exactly(8), raw_frame(kText, "hello!", false));
}

TEST(WebSocketServer, LosesNothingThatCameBehindTheHandshake) {
  SessionLog log;
  RunningServer server({websocket_route(log)});
  RawClient client(server.port());
  client.send(std::string(kHandshake) + raw_frame(kText, "at once") + raw_frame(kText, "cut").substr(0, 4));
  EXPECT_EQ(client.response().status, 101);
  EXPECT_EQ(client.exactly(9), raw_frame(kText, "at once", false));
  client.send(raw_frame(kText, "cut").substr(4));
  EXPECT_EQ(client.exactly(5), raw_frame(kText, "cut", false));
}

TEST(WebSocketServer, AsksForAHandshake) {
  SessionLog log;
  RunningServer server({websocket_route(log)});
  const auto answer = [&](std::string from, const std::string& to) {
    std::string request(kHandshake);
    request.replace(request.find(from), from.size(), to);
    return raw_exchange(server, request);
  };
  for (const RawResponse& refused :
       {answer("Upgrade: websocket\r\n", ""), answer("Upgrade: websocket", "Upgrade: h2c"),
        answer("keep-alive, Upgrade", "keep-alive"), answer("Version: 13", "Version: 8")}) {
    EXPECT_EQ(refused.status, 426);
    EXPECT_TRUE(refused.has("Upgrade: websocket"));
    EXPECT_TRUE(refused.has("Connection: Upgrade"));
    EXPECT_TRUE(refused.has("Sec-WebSocket-Version: 13"));
  }
  EXPECT_EQ(answer("HTTP/1.1", "HTTP/1.0").status, 426);
  EXPECT_EQ(answer("Sec-WebSocket-Key", "X-Key").status, 400);
  EXPECT_EQ(answer("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZQ==").status, 400);
  EXPECT_EQ(answer("Host: a\r\n", "Host: a\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n").status, 400);
  EXPECT_EQ(answer("Host: a\r\n", "Host: a\r\nContent-Length: 3\r\n").status, 400);
  EXPECT_EQ(answer("/socket", "/socket?refuse").status, 500) << "the test's renderer says so";
  EXPECT_THAT(answer("/socket", "/socket?refuse").body, HasSubstr("not_accepted"));
}

TEST(WebSocketServer, RefusesABodyAndCloses) {
  SessionLog log;
  RunningServer server({websocket_route(log)});
  RawClient client(server.port());
  std::string request(kHandshake);
  request.insert(request.find("Upgrade"), "Transfer-Encoding: chunked\r\n");
  client.send(request + "5\r\nGET /\r\n0\r\n\r\n" + std::string(kHandshake));
  EXPECT_EQ(client.response().status, 400);
  EXPECT_EQ(client.rest(), "");
}

TEST(WebSocketServer, ChoosesASubprotocol) {
  Open with_both({.subprotocols = {"swarma.keys.1", "chat"}});
  RawClient client(with_both.server.port());
  std::string request(kHandshake);
  request.insert(request.find("Upgrade"),
                 "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: x, swarma.keys.1\r\n");
  client.send(request);
  EXPECT_TRUE(client.response().has("Sec-WebSocket-Protocol: swarma.keys.1"));
  EXPECT_EQ(with_both.log.next(), "open swarma.keys.1");
}

TEST(WebSocketServer, ClosesWhenTheClientAsks) {
  Open open;
  open.client.send(raw_frame(kClose, close_payload(1000, "bye")));
  EXPECT_EQ(open.client.rest(), raw_frame(kClose, close_payload(1000, "bye"), false));
  EXPECT_EQ(open.log.next(), "close 1000 bye");
  EXPECT_FALSE(open.log.socket().is_open());
  EXPECT_FALSE(open.log.socket().send("late"));
}

TEST(WebSocketServer, ClosesBehindWhatItSent) {
  Open open;
  open.log.socket().send("one");
  open.log.socket().close(4000, "enough");
  EXPECT_FALSE(open.log.socket().send("two"));
  open.frame(kText, "one");
  open.frame(kClose, close_payload(4000, "enough"));
  open.client.send(raw_frame(kClose, close_payload(4000)));
  EXPECT_TRUE(open.client.at_end());
  EXPECT_EQ(open.log.next(), "close 4000 ");
}

TEST(WebSocketServer, DoesNotWaitForeverForTheAnswerToAClose) {
  Open open({.close_wait = milliseconds(300)});
  open.log.socket().close();
  open.frame(kClose, close_payload(1000));
  EXPECT_TRUE(open.client.at_end());
  EXPECT_EQ(open.log.next(), "close 1006 connection lost");
}

TEST(WebSocketServer, TellsTheClientWhatItDidWrong) {
  Open open;
  open.client.send(raw_frame(kText, "not masked", false));
  EXPECT_EQ(open.client.rest(), raw_frame(kClose, close_payload(1002), false));
  EXPECT_EQ(open.log.next(), "close 1002 ");
  Open small({.max_message = 10});
  small.client.send(raw_frame(0x01, "0123456789") + raw_frame(0x80, std::string(200'000, 'x')));
  EXPECT_EQ(small.client.rest(), raw_frame(kClose, close_payload(1009), false)) << "though the client sent more";
}

TEST(WebSocketServer, NoticesThatTheClientHasGone) {
  Open open;
  {
    const RawClient gone = std::exchange(open.client, RawClient(open.server.port()));
  }
  EXPECT_EQ(open.log.next(), "close 1006 connection lost");
}

TEST(WebSocketServer, SurvivesASessionThatThrows) {
  Open open;
  open.client.send(raw_frame(kText, "throw"));
  EXPECT_EQ(open.client.rest(), raw_frame(kClose, close_payload(1011, "internal error"), false));
  EXPECT_EQ(open.log.next(), "text throw");
  EXPECT_EQ(open.log.next(), "close 1011 internal error");
}

TEST(WebSocketServer, PingsTheSilentAndDropsTheDead) {
  Open open({.silence = milliseconds(300)});
  open.frame(kPing, "");
  open.client.send(raw_frame(kPong, ""));
  open.frame(kPing, "");
  EXPECT_TRUE(open.client.at_end());
  EXPECT_EQ(open.log.next(), "close 1006 silent");
}

TEST(WebSocketServer, DropsAReaderThatIsTooSlow) {
  Open open({.max_queued = 10'000}, true, 64 * 1024);
  const WebSocket socket = open.log.socket();
  const std::string message(5'000, 'x');
  std::size_t taken = 0;
  while (socket.send(message)) {
    taken += message.size();
    ASSERT_LT(taken, std::size_t{64} << 20) << "nothing bounds what waits for a reader that does not read";
    std::this_thread::yield();
  }
  EXPECT_FALSE(socket.is_open());
  const std::string farewell = raw_frame(kClose, close_payload(1008, "slow_reader"), false);
  EXPECT_THAT(open.client.rest(), ::testing::EndsWith(farewell));  // for one that reads on after all
  EXPECT_EQ(open.log.next(), "close 1008 slow_reader");
  EXPECT_EQ(open.server->stats().slow_streams, 1u);
}

TEST(WebSocketServer, DropsAReaderThatTakesNothing) {
  Open open({.max_queued = 10'000, .silence = milliseconds(400)}, true, 4096);
  const WebSocket socket = open.log.socket();
  while (socket.send(std::string(5'000, 'x'))) {
    open.client.send(raw_frame(kPong, ""));  // alive, but not reading
    std::this_thread::yield();
  }
  EXPECT_EQ(open.log.next(), "close 1008 slow_reader");
}

TEST(WebSocketServer, GoesOnReadingWhileItWaitsToWrite) {
  Open open({.max_queued = 8 << 20}, false, 4096);
  open.log.socket().send(std::string(6 << 20, 'x'));  // more than any buffer takes
  open.client.send(raw_frame(kText, "read on"));
  EXPECT_EQ(open.log.next(), "text read on");
}

TEST(WebSocketServer, SaysGoodbyeWhenItStops) {
  Open open;
  std::thread stopping([&] { open.server.stop(); });
  open.frame(kClose, close_payload(1001, "the server stops"));
  open.client.send(raw_frame(kClose, close_payload(1001)));
  EXPECT_TRUE(open.client.at_end());
  stopping.join();
  EXPECT_EQ(open.log.next(), "close 1001 ");
}

TEST(WebSocketServer, SaysGoodbyeToThoseThatComeWhileItStops) {
  SessionLog log;
  std::promise<void> asked, answer;
  Route slow = websocket_route(log);
  slow.where = Where::Worker;
  slow.websocket = [&, open = slow.websocket](const Request& request) {
    asked.set_value();
    answer.get_future().wait();
    return open(request);
  };
  RunningServer server({slow});
  RawClient client(server.port());
  client.send(kHandshake);
  asked.get_future().wait();
  std::thread stopping([&] { server.stop(); });
  const std::uint16_t port = server.port();
  const auto is_listening = [&] {
    try {
      const RawClient probe(port);
      return true;
    } catch (const std::runtime_error&) {
      return false;
    }
  };
  while (is_listening()) std::this_thread::yield();
  answer.set_value();
  EXPECT_EQ(client.response().status, 101);
  const std::string goodbye = raw_frame(kClose, close_payload(1001, "the server stops"), false);
  EXPECT_EQ(client.exactly(goodbye.size()), goodbye);
  client.send(raw_frame(kClose, close_payload(1001)));
  stopping.join();
}

TEST(WebSocketServer, HoldsNoThread) {
  SessionLog log;
  RunningServer server({websocket_route(log)}, {.loops = 1, .workers = 1});
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.port()));
    clients.back()->send(kHandshake);
    ASSERT_EQ(clients.back()->response().status, 101);
  }
  for (const auto& client : clients) client->send(raw_frame(kText, "x"));
  for (const auto& client : clients) EXPECT_EQ(client->exactly(3), raw_frame(kText, "x", false));
}

}  // namespace
}  // namespace swarma::net
