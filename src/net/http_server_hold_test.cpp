// Answers that are held back: on time, at nobody else's cost, and given up when the client has gone.
#include "net/server_testing.h"

namespace swarma::net::testing {
namespace {

using Clocks = std::chrono::steady_clock;

Route held_route(std::chrono::seconds time) {
  return route("GET", "/held", [time](const Request&) {
    Response response = text_response("held");
    response.hold = time;
    return response;
  });
}

TEST(Hold, LetsTheAnswerOutOnTimeAndOthersPass) {
  RunningServer server(
      {held_route(std::chrono::seconds(1)), route("GET", "/", [](auto&) { return text_response("here"); })},
      {.loops = 1, .workers = 1});
  RawClient held(server.port()), other(server.port());
  const auto began = Clocks::now();
  held.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
  for (int i = 0; i < 10; ++i) {
    other.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(other.response().body, "here");
  }
  EXPECT_LT(Clocks::now() - began, std::chrono::milliseconds(900));
  EXPECT_EQ(held.response().body, "held");
  EXPECT_GE(Clocks::now() - began, std::chrono::seconds(1));
}

TEST(Hold, EndsWithTheClient) {
  RunningServer server({held_route(std::chrono::seconds(60))}, {.loops = 1});
  {
    RawClient client(server.port());
    client.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto until = Clocks::now() + std::chrono::seconds(5);
    while (server->stats().requests == 0 && Clocks::now() < until) std::this_thread::yield();
    ASSERT_EQ(server->stats().connections_open, 1u);
  }
  const auto until = Clocks::now() + std::chrono::seconds(5);
  while (server->stats().connections_open > 0 && Clocks::now() < until) std::this_thread::yield();
  EXPECT_EQ(server->stats().connections_open, 0u);
}

}  // namespace
}  // namespace swarma::net::testing
