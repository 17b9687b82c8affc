// Time, connections and the end of the server.
#include <filesystem>
#include <latch>

#include "net/server_loop.h"
#include "net/server_testing.h"

namespace swarma::net::testing {
namespace {

using std::chrono::seconds;

Route hello() {
  return route("GET", "/x", [](const Request&) { return text_response("hello"); });
}

TEST(Limits, AHeadMustArriveInTime) {
  ServerOptions options;
  options.header_timeout = seconds(1);
  RunningServer server({hello()}, options);
  RawClient client(server.port());
  client.send("GET /x HTTP/1.1\r\nHost: a\r\n");
  EXPECT_EQ(client.response().status, 408);
  client.end_of_input();
  EXPECT_TRUE(client.at_end());
}

TEST(Limits, TheTimeForAHeadIsNotStretchedByDrops) {
  ServerOptions options;
  options.header_timeout = seconds(1);
  RunningServer server({hello()}, options);
  RawClient client(server.port());
  std::atomic<bool> answered{false};
  std::thread dripping([&] {
    client.send("GET /x HTTP/1.1\r\n");
    for (int i = 0; i < 40 && !answered; ++i) {
      client.send("A: b\r\n");
      std::this_thread::sleep_for(std::chrono::milliseconds(100));  // the pause is what is tested
    }
  });
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(client.response().status, 408);
  EXPECT_LT(std::chrono::steady_clock::now() - began, seconds(3));
  answered = true;
  dripping.join();
}

TEST(Limits, IdleConnectionsAreClosed) {
  ServerOptions options;
  options.idle_timeout = seconds(1);
  RunningServer server({hello()}, options);
  RawClient fresh(server.port());
  RawClient used(server.port());
  used.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(used.response().status, 200);
  EXPECT_TRUE(used.at_end());
  EXPECT_TRUE(fresh.at_end());
}

TEST(Limits, ABodyMustNotStop) {
  ServerOptions options;
  options.body_timeout = seconds(1);
  Route post = route("POST", "/x", [](const Request&) { return text_response("done"); });
  RunningServer server({post}, options);
  RawClient client(server.port());
  client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nbegin");
  EXPECT_EQ(client.response().status, 408);
}

/// Reads from a server that sends 8 MB, `piece` bytes every 100 ms, for at most `patience`. True if the server closed
/// the connection before the end.
bool drops_reader(ServerOptions options, std::size_t piece, seconds patience) {
  const std::string large(8 << 20, 'x');
  RunningServer server({route("GET", "/x", [&large](const Request&) { return text_response(large); })}, options);
  RawClient client(server.port(), 64 * 1024);
  client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto began = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - began < patience) {
    if (client.take(piece) && server->stats().connections_open == 0) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));  // the pause is what is tested
  }
  return false;
}

TEST(Limits, AReaderMustTakeALeastRate) {
  ServerOptions options;
  options.min_read_rate = 100'000;
  options.read_window = seconds(1);
  EXPECT_TRUE(drops_reader(options, 1000, seconds(8))) << "10 kB/s, never still for long";
  EXPECT_FALSE(drops_reader(options, 40'000, seconds(4))) << "400 kB/s";
  options.min_read_rate = 0;
  EXPECT_FALSE(drops_reader(options, 1000, seconds(4))) << "any rate";
}

TEST(Limits, AReaderMustNotStop) {
  ServerOptions options;
  options.body_timeout = seconds(1);
  EXPECT_TRUE(drops_reader(options, 0, seconds(8)));
}

TEST(Limits, EventsMayBeReadAtAnyRate) {
  ServerOptions options;
  options.min_read_rate = 1 << 20;
  options.read_window = seconds(1);
  Route events = route("GET", "/x", [](const Request&) {
    Response response;
    response.headers.set("Content-Type", "text/event-stream");
    response.body = StreamBody{[](StreamWriter writer) {
      const auto shared = std::make_shared<StreamWriter>(std::move(writer));
      shared->on_drained([shared] { shared->write(std::string(64 * 1024, 'x')); });
    }};
    return response;
  });
  RunningServer server({events}, options);
  RawClient client(server.port(), 4096);
  client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  for (int i = 0; i < 30; ++i) {
    client.take(1000);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));  // the pause is what is tested
  }
  EXPECT_EQ(server->stats().connections_open, 1u);
}

TEST(Limits, ABodyMustNotTrickleForEver) {
  ServerOptions options;
  options.body_timeout = seconds(1);
  RunningServer server({route("POST", "/x", [](const Request&) { return text_response("done"); })}, options);
  RawClient client(server.port());
  std::atomic<bool> answered{false};
  std::thread dripping([&] {
    client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
    for (int i = 0; i < 40 && !answered; ++i) {
      client.send("x");
      std::this_thread::sleep_for(std::chrono::milliseconds(100));  // the pause is what is tested
    }
  });
  EXPECT_EQ(client.response().status, 408);
  answered = true;
  dripping.join();
}

TEST(Limits, AReaderThatStopsIsCutOff) {
  ServerOptions options;
  options.body_timeout = seconds(1);
  const std::string big(32 << 20, 'x');
  RunningServer server({route("GET", "/big", [&](const Request&) { return text_response(big); })}, options);
  RawClient client(server.port(), 4096);
  client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto began = std::chrono::steady_clock::now();
  while (server->stats().requests == 0 && std::chrono::steady_clock::now() - began < seconds(10))
    std::this_thread::yield();
  while (server->stats().connections_open > 0 && std::chrono::steady_clock::now() - began < seconds(10))
    std::this_thread::yield();
  EXPECT_EQ(server->stats().connections_open, 0u);
  EXPECT_LT(client.response().body.size(), big.size());
}

TEST(Limits, ConnectionsAreCounted) {
  ServerOptions options;
  options.max_connections = 2;
  options.loops = 1;
  RunningServer server({hello()}, options);
  RawClient first(server.port()), second(server.port());
  for (RawClient* client : {&first, &second}) {
    client->send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(client->response().status, 200);
  }
  RawClient third(server.port());
  EXPECT_TRUE(third.at_end());
}

TEST(AddressBook, LimitsEachAddressByItself) {
  AddressBook book;
  EXPECT_TRUE(book.enter("10.0.0.1", 2));
  EXPECT_TRUE(book.enter("10.0.0.1", 2));
  EXPECT_FALSE(book.enter("10.0.0.1", 2));
  EXPECT_TRUE(book.enter("10.0.0.2", 2));
  book.leave("10.0.0.1");
  EXPECT_TRUE(book.enter("10.0.0.1", 2));
}

TEST(Drain, FinishesWhatIsUnderWay) {
  std::latch started(1), may_finish(1);
  RunningServer server({hello(), route(
                                     "GET", "/slow",
                                     [&](const Request&) {
                                       started.count_down();
                                       may_finish.wait();
                                       return text_response("slow");
                                     },
                                     Where::Worker)});
  RawClient busy(server.port()), idle(server.port());
  idle.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(idle.response().status, 200);
  busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  started.wait();
  std::thread stopping([&] { server.stop(); });
  EXPECT_TRUE(idle.at_end());
  may_finish.count_down();
  const RawResponse response = busy.response();
  EXPECT_EQ(response.body, "slow");
  EXPECT_TRUE(response.has("Connection: close"));
  stopping.join();
  EXPECT_THROW(RawClient(server.port()), std::runtime_error);
}

TEST(Drain, EndsEventStreamsProperly) {
  std::vector<StreamWriter> kept;
  RunningServer server({route("GET", "/events", [&](const Request&) {
    Response response;
    response.headers.add("Content-Type", "text/event-stream");
    response.body = StreamBody{[&](StreamWriter writer) { kept.push_back(std::move(writer)); }};
    return response;
  })});
  RawClient client(server.port());
  client.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(client.response().status, 200);
  server.stop();
  EXPECT_EQ(client.rest(), "0\r\n\r\n");
}

TEST(Drain, CutsOffWhatTakesTooLong) {
  ServerOptions options;
  options.drain_timeout = seconds(1);
  const std::string big(32 << 20, 'x');
  RunningServer server({route("GET", "/big", [&](const Request&) { return text_response(big); })}, options);
  RawClient stuck(server.port(), 4096);
  stuck.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
  while (server->stats().requests == 0) std::this_thread::yield();
  const auto began = std::chrono::steady_clock::now();
  server.stop();
  EXPECT_LT(std::chrono::steady_clock::now() - began, seconds(5));
}

TEST(Drain, SurvivesAHandlerThatOutlivesTheLoops) {
  std::latch started(1), may_finish(1);
  ServerOptions options;
  options.drain_timeout = seconds(0);
  auto server = HttpServer::create(options,
                                   {route(
                                       "GET", "/stuck",
                                       [&](const Request&) {
                                         started.count_down();
                                         may_finish.wait();
                                         return text_response("too late");
                                       },
                                       Where::Worker)},
                                   plain_error);
  ASSERT_TRUE(server);
  std::thread running([&] { (*server)->run(); });
  const std::string url = (*server)->url();
  RawClient client(static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1))));
  client.send("GET /stuck HTTP/1.1\r\nHost: a\r\n\r\n");
  started.wait();
  (*server)->stop();
  std::this_thread::sleep_for(seconds(2));  // the loops give up waiting after one
  may_finish.count_down();
  running.join();
  server->reset();
  EXPECT_TRUE(client.at_end());
}

TEST(Drain, BeforeRunIsFine) {
  auto server = HttpServer::create({}, {hello()}, plain_error);
  ASSERT_TRUE(server);
  (*server)->stop();
  (*server)->run();
}

}  // namespace
}  // namespace swarma::net::testing
