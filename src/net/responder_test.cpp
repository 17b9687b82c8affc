// Handlers that answer later: the first test is the usage.
#include "net/responder.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>

#include "net/server_testing.h"

namespace swarma::net {
namespace {

using namespace net::testing;

constexpr std::string_view kAsk = "GET /later HTTP/1.1\r\nHost: a\r\n\r\n";

/// A route whose requests wait until the test answers them.
class Waiting {
 public:
  Route route(Where where = Where::Inline) {
    return testing::route(
        "GET", "/later",
        [this](const Request&, Responder responder) {
          const std::lock_guard lock(mutex_);
          waiting_.push_back(std::move(responder));
          arrived_.notify_all();
        },
        where);
  }
  Responder next() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [this] { return !waiting_.empty(); });
    Responder first = std::move(waiting_.front());
    waiting_.pop_front();
    return first;
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Responder> waiting_;
};

TEST(Responder, AnswersLaterFromAnyThread) {
  for (const Where where : {Where::Inline, Where::Worker, Where::Either}) {
    Waiting waiting;
    RunningServer server({waiting.route(where)});
    RawClient client(server.port());
    client.send(std::string(kAsk));
    std::thread([&] { waiting.next().answer(text_response("at last")); }).join();
    EXPECT_EQ(client.response().body, "at last");
    client.send(std::string(kAsk));
    waiting.next().answer(fail(ErrorCode::Forbidden, "not_you", "Not you."));
    EXPECT_EQ(client.response().body, "not_you: Not you.");
  }
}

TEST(Responder, MayAnswerAtOnce) {
  RunningServer server({route("GET", "/later", [](const Request& request, Responder responder) {
    responder.answer(text_response(request.path));
  })});
  EXPECT_EQ(raw_exchange(server, std::string(kAsk)).body, "/later");
}

TEST(Responder, HoldsNoThreadWhileItWaits) {
  Waiting waiting;
  RunningServer server({waiting.route(Where::Worker),
                        route("GET", "/x", [](const Request&) { return text_response("x"); }, Where::Worker)});
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.port()));
    clients.back()->send(std::string(kAsk));
  }
  EXPECT_EQ(raw_exchange(server, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n").body, "x");
  for (std::size_t i = 0; i < clients.size(); ++i) waiting.next().answer(text_response("done"));
  for (const auto& client : clients) EXPECT_EQ(client->response().body, "done");
}

TEST(Responder, SaysSoWhenNobodyAnswers) {
  Waiting waiting;
  RunningServer server({waiting.route()});
  RawClient client(server.port());
  client.send(std::string(kAsk));
  {
    const Responder forgotten = waiting.next();
  }
  EXPECT_EQ(client.response().body, "not_answered: The node did not come to an answer; try again.");
}

TEST(Responder, AnswersForAHandlerThatThrows) {
  RunningServer server({route("GET", "/later", [](const Request&, Responder) { throw std::runtime_error("a bug"); })});
  EXPECT_TRUE(raw_exchange(server, std::string(kAsk)).body.starts_with("internal: "));
}

TEST(Responder, MayAnswerAClientThatHasGone) {
  Waiting waiting;
  RunningServer server({waiting.route()});
  std::optional<RawClient> client(std::in_place, server.port());
  client->send(std::string(kAsk));
  Responder responder = waiting.next();
  client.reset();
  while (server->stats().connections_open > 0) std::this_thread::yield();  // noticed within a second
  responder.answer(text_response("too late"));
}

TEST(Responder, MayOutliveTheServer) {
  Waiting waiting;
  std::optional<Responder> responder;
  {
    ServerOptions options;
    options.drain_timeout = std::chrono::seconds(0);
    RunningServer server({waiting.route()}, options);
    RawClient client(server.port());
    client.send(std::string(kAsk));
    responder.emplace(waiting.next());
    server.stop();
  }
  responder->answer(text_response("too late"));
}

}  // namespace
}  // namespace swarma::net
