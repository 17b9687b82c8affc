#include <latch>
#include <thread>

#include "base/no_waiting.h"
#include "net/server_testing.h"

namespace swarma::net::testing {
namespace {

/// Answers each request with its name and how many were answered in the same call.
Route group_route(Where where = Where::Inline) {
  Route made;
  made.method = "GET";
  made.pattern = "/group/{name}";
  made.where = where;
  made.group = [](std::span<const Request* const> requests, std::span<Responder> responders) {
    for (std::size_t i = 0; i < requests.size(); ++i) {
      const std::string& name = requests[i]->path_params[0];
      if (name == "throw") throw std::runtime_error("a bug");
      if (name == "lose") continue;
      auto answer = [name, of = requests.size(), responder = std::move(responders[i])]() mutable {
        responder.answer(text_response(name + " of " + std::to_string(of)));
      };
      if (name == "late")
        std::thread([answer = std::move(answer)]() mutable { answer(); }).detach();
      else
        answer();
    }
  };
  return made;
}

std::string get(std::string_view path) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

/// The answers to requests that are all there before the server's only loop looks.
std::vector<RawResponse> ask_at_once(const std::vector<std::string>& paths, Route asked = group_route()) {
  std::latch held(1), release(1);
  const auto hold = [&](const Request&) {
    held.count_down();
    release.wait();
    return text_response("held");
  };
  RunningServer server(
      {std::move(asked), route("GET", "/hold", hold), route("GET", "/", [](auto&) { return text_response("here"); })},
      {.loops = 1, .workers = 4});
  std::vector<std::unique_ptr<RawClient>> clients;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    clients.push_back(std::make_unique<RawClient>(server.port()));
    clients.back()->send(get("/"));
    clients.back()->response();
  }
  RawClient holder(server.port());
  holder.send(get("/hold"));
  held.wait();
  for (std::size_t i = 0; i < paths.size(); ++i) clients[i]->send(get(paths[i]));
  release.count_down();
  std::vector<RawResponse> out;
  for (const auto& client : clients) out.push_back(client->response());
  return out;
}

TEST(Group, AnswersWhatIsReadyInOneCall) {
  const auto got = ask_at_once({"/group/a", "/group/b", "/", "/group/c"});
  EXPECT_EQ(got[0].body, "a of 3");
  EXPECT_EQ(got[1].body, "b of 3");
  EXPECT_EQ(got[2].body, "here");
  EXPECT_EQ(got[3].body, "c of 3");
}

TEST(Group, OnAWorkerEachIsAlone) {
  const auto got = ask_at_once({"/group/a", "/group/b"}, group_route(Where::Worker));
  EXPECT_EQ(got[0].body, "a of 1");
  EXPECT_EQ(got[1].body, "b of 1");
}

TEST(Group, HasALimit) {
  const auto got = ask_at_once(std::vector<std::string>(17, "/group/a"));
  EXPECT_EQ(std::ranges::count(got, "a of 16", &RawResponse::body), 16);
  EXPECT_EQ(std::ranges::count(got, "a of 1", &RawResponse::body), 1);
}

TEST(Group, AHandlersMistakeIsEverybodys500) {
  for (const RawResponse& answer : ask_at_once({"/group/a", "/group/throw"})) EXPECT_EQ(answer.status, 500);
}

TEST(Group, WhoIsNotAnsweredIsTold) {
  const auto got = ask_at_once({"/group/a", "/group/lose"});
  EXPECT_EQ(got[0].body, "a of 2");
  EXPECT_TRUE(got[1].body.starts_with("not_answered")) << got[1].body;
}

TEST(Group, AnswersOfOneCallMayComeLater) {
  const auto got = ask_at_once({"/group/late", "/group/b", "/group/late"});
  EXPECT_EQ(got[0].body, "late of 3");
  EXPECT_EQ(got[1].body, "b of 3");
  EXPECT_EQ(got[2].body, "late of 3");
  EXPECT_EQ(ask_at_once({"/group/late"}, group_route(Where::Worker))[0].body, "late of 1");
}

TEST(Group, WhatWouldWaitIsAnsweredByAWorker) {
  Route picky = group_route(Where::Either);
  picky.group = [](std::span<const Request* const> requests, std::span<Responder> responders) {
    for (std::size_t i = 0; i < requests.size(); ++i) {
      const bool refused = NoWaiting::here() && requests[i]->path_params[0] == "slow";
      if (refused) NoWaiting::note_refusal();
      Response response = text_response((NoWaiting::here() ? "loop, " : "worker, ") + std::to_string(requests.size()));
      if (refused) response.status = 503;
      responders[i].answer(std::move(response));
    }
  };
  const auto got = ask_at_once({"/group/a", "/group/slow", "/group/b"}, std::move(picky));
  EXPECT_EQ(got[0].body, "loop, 3");
  EXPECT_EQ(got[1].body, "worker, 1");
  EXPECT_EQ(got[1].status, 200);
  EXPECT_EQ(got[2].body, "loop, 3");
}

TEST(Either, RunsOnTheLoopAndOnAWorkerWhatWouldWait) {
  const auto answer = [](bool would_wait) {
    return [would_wait](const Request&) {
      Response response = text_response(NoWaiting::here() ? "loop" : "worker");
      if (would_wait) NoWaiting::note_refusal();
      if (would_wait && NoWaiting::here()) response.status = 503;
      return response;
    };
  };
  const auto ill = [](const Request&) {  // 503 for another reason: nothing is gained by a second call
    Response response = text_response(NoWaiting::here() ? "loop" : "worker");
    response.status = 503;
    return response;
  };
  RunningServer server({route("GET", "/quick", answer(false), Where::Either),
                        route("GET", "/slow", answer(true), Where::Either), route("GET", "/ill", ill, Where::Either)});
  RawClient client(server.port());
  client.send(get("/quick") + get("/slow") + get("/ill"));
  EXPECT_EQ(client.response().body, "loop");
  const RawResponse slow = client.response();
  EXPECT_EQ(slow.body, "worker");
  EXPECT_EQ(slow.status, 200);
  EXPECT_EQ(client.response().body, "loop");
}

TEST(Group, KeepsTheOrderOfPipelinedRequests) {
  RunningServer server({group_route()});
  RawClient client(server.port());
  client.send(get("/group/a") + get("/group/b") + get("/group/c"));
  for (const char* expected : {"a of 1", "b of 1", "c of 1"}) EXPECT_EQ(client.response().body, expected);
}

}  // namespace
}  // namespace swarma::net::testing
