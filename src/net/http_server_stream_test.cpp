// Bodies that are pushed while they are sent: the first test is the usage.
#include <gmock/gmock.h>

#include <future>
#include <latch>

#include "net/server_testing.h"

namespace swarma::net {
namespace {

using namespace net::testing;
using std::chrono::seconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

/// A stream of events that is written by the test.
class Feed {
 public:
  explicit Feed(StreamBody like = {}) : like_(std::move(like)) {}
  Route route() {
    return testing::route("GET", "/events", [this](const Request&) {
      Response response;
      response.headers.add("Content-Type", "text/event-stream");
      StreamBody body = like_;
      body.start = [this](StreamWriter writer) { writer_.set_value(std::move(writer)); };
      response.body = std::move(body);
      return response;
    });
  }
  StreamWriter opened() { return writer_.get_future().get(); }

 private:
  StreamBody like_;
  std::promise<StreamWriter> writer_;
};

constexpr std::string_view kAsk = "GET /events HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(Stream, IsSentInChunksAsItIsWritten) {
  Feed feed;
  RunningServer server({feed.route()});
  RawClient client(server.port());
  client.send("GET /events HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  {
    StreamWriter writer = feed.opened();
    EXPECT_TRUE(client.response().has("Transfer-Encoding: chunked"));
    EXPECT_TRUE(writer.write("data: one\n\n"));
    EXPECT_EQ(client.exactly(16), "b\r\ndata: one\n\n\r\n");
    EXPECT_TRUE(writer.write("data: two\n\n"));
  }
  EXPECT_EQ(client.rest(), "b\r\ndata: two\n\n\r\n0\r\n\r\n");
}

TEST(Stream, AsksForMoreWhenAllHasLeftAndLeavesTheConnectionUsable) {
  RunningServer server({route("GET", "/stream", [](const Request&) {
    Response response;
    response.body = StreamBody{[](StreamWriter writer) {
      auto mine = std::make_shared<std::optional<StreamWriter>>(std::move(writer));
      (*mine)->on_drained([mine, left = 100]() mutable {
        if (left-- > 0)
          (*mine)->write(std::string(10'000, 'x'));
        else
          mine->reset();
      });
    }};
    return response;
  })});
  HttpClient client;
  ClientRequest request;
  request.url = server.url("/stream");
  for (int i = 0; i < 3; ++i) {
    const auto response = client.send(request);
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body.size(), 1'000'000u);
  }
}

TEST(Stream, GoesToOldClientsWithoutChunks) {
  RunningServer server({route("GET", "/stream", [](const Request&) {
    Response response;
    response.body = StreamBody{[](StreamWriter writer) { writer.write("ab"), writer.write("ab"); }};
    return response;
  })});
  RawClient client(server.port());
  client.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_TRUE(client.response().has("Connection: close"));
  EXPECT_EQ(client.rest(), "abab");
}

TEST(Stream, EndsWhenTheClientGoes) {
  Feed feed;
  RunningServer server({feed.route()});
  std::optional<StreamWriter> writer;
  {
    RawClient client(server.port());
    client.send(std::string(kAsk));
    writer.emplace(feed.opened());
    EXPECT_EQ(client.response().status, 200);
    EXPECT_TRUE(writer->is_open());
  }
  while (writer->is_open()) std::this_thread::yield();
  EXPECT_FALSE(writer->write("data: late\n\n"));
}

TEST(Stream, BreaksItsSilence) {
  Feed feed({.start = {}, .heartbeat = ": still here\n\n", .silence = seconds(1)});
  RunningServer server({feed.route()});
  RawClient client(server.port());
  client.send(std::string(kAsk));
  const StreamWriter writer = feed.opened();
  EXPECT_EQ(client.response().status, 200);
  EXPECT_EQ(client.exactly(19), "e\r\n: still here\n\n\r\n");
}

TEST(Stream, AnswersTheNextRequestBehindIt) {
  Feed feed;
  RunningServer server({feed.route(), route("GET", "/x", [](const Request&) { return text_response("x"); })});
  RawClient client(server.port());
  client.send(std::string(kAsk));
  {
    const StreamWriter writer = feed.opened();
    EXPECT_EQ(client.response().status, 200);
    client.send("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  }
  EXPECT_THAT(client.rest(), HasSubstr("0\r\n\r\nHTTP/1.1 200"));
}

TEST(Stream, DropsAReaderThatIsTooSlow) {
  Feed feed({.start = {}, .max_queued = 10'000, .farewell = "event: dropped\ndata: {\"reason\":\"slow_reader\"}\n\n"});
  RunningServer server({feed.route()});
  RawClient client(server.port(), 64 * 1024);
  client.send(std::string(kAsk));
  StreamWriter writer = feed.opened();
  const std::string piece = "data: " + std::string(5'000, 'x') + "\n\n";
  std::size_t taken = 0;
  while (writer.write(piece)) {
    taken += piece.size();
    ASSERT_LT(taken, std::size_t{64} << 20) << "nothing bounds what waits for a reader that does not read";
    std::this_thread::yield();
  }
  EXPECT_FALSE(writer.is_open());
  EXPECT_THAT(client.rest(), EndsWith("\"slow_reader\"}\n\n\r\n0\r\n\r\n"));  // for one that reads on after all
  EXPECT_EQ(server->stats().slow_streams, 1u);
}

TEST(Stream, HoldsNoThread) {
  std::mutex mutex;
  std::vector<StreamWriter> writers;
  RunningServer server({route("GET", "/events",
                              [&](const Request&) {
                                Response response;
                                response.headers.add("Content-Type", "text/event-stream");
                                response.body = StreamBody{[&](StreamWriter writer) {
                                  const std::lock_guard lock(mutex);
                                  writers.push_back(std::move(writer));
                                }};
                                return response;
                              }),
                        route("GET", "/x", [](const Request&) { return text_response("x"); }, Where::Worker)});
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.port()));
    clients.back()->send(std::string(kAsk));
    ASSERT_EQ(clients.back()->response().status, 200);
  }
  EXPECT_EQ(raw_exchange(server, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n").body, "x");
  for (StreamWriter& writer : writers) EXPECT_TRUE(writer.write("x"));
  writers.clear();
  for (const auto& client : clients) EXPECT_EQ(client->exactly(11), "1\r\nx\r\n0\r\n\r\n");
}

}  // namespace
}  // namespace swarma::net
