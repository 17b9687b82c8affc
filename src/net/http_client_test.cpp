#include "net/http_client.h"

#include <mutex>
#include <set>

#include "net/server_testing.h"

namespace swarma::net::testing {
namespace {

ClientRequest get(std::string url) {
  ClientRequest request;
  request.url = std::move(url);
  return request;
}

Response echo(const Request& request) {
  Response response = text_response(request.method + " " + request.body);
  response.headers.add("X-Seen-Type", std::string(request.headers.get("content-type")));
  response.headers.add("X-Seen-Own", std::string(request.headers.get("x-own")));
  response.headers.add("X-Seen-Expect", std::string(request.headers.get("expect")));
  return response;
}

TEST(HttpClient, SendsAndReceives) {
  Route post = route("POST", "/echo", echo);
  post.max_body = 4 << 20;
  RunningServer server({post});
  HttpClient client;
  ClientRequest request = get(server.url("/echo"));
  request.method = "POST";
  request.headers.add("X-Own", "value");
  const std::string body(2 << 20, 'x');
  request.body = body;
  const auto response = client.send(request);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_TRUE(response->body == "POST " + body);
  EXPECT_EQ(response->headers.get("x-seen-own"), "value");
  EXPECT_EQ(response->headers.get("x-seen-type"), "");
  EXPECT_EQ(response->headers.get("x-seen-expect"), "");
}

TEST(HttpClient, UsesEveryMethodAsItIs) {
  std::vector<Route> routes;
  for (const char* method : {"GET", "POST", "PUT", "DELETE", "PATCH"}) routes.push_back(route(method, "/echo", echo));
  RunningServer server(std::move(routes));
  HttpClient client;
  for (const char* method : {"GET", "PUT", "POST", "DELETE", "PATCH"}) {
    for (const std::string_view body : {std::string_view(), std::string_view("abc")}) {
      if (!body.empty() && method == std::string_view("GET")) continue;
      ClientRequest request = get(server.url("/echo"));
      request.method = method;
      request.body = body;
      const auto response = client.send(request);
      ASSERT_TRUE(response) << method << response.error().message;
      EXPECT_EQ(response->body, std::string(method) + " " + std::string(body));
    }
  }
  ClientRequest head = get(server.url("/echo"));
  head.method = "HEAD";
  const auto response = client.send(head);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "");
}

TEST(HttpClient, AnyStatusIsAnAnswer) {
  RunningServer server({route("GET", "/moved", [](const Request&) {
    Response response;
    response.status = 302;
    response.headers.add("Location", "/elsewhere");
    return response;
  })});
  HttpClient client;
  const auto moved = client.send(get(server.url("/moved")));
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->status, 302);
  EXPECT_EQ(moved->headers.get("location"), "/elsewhere");
  EXPECT_EQ(client.send(get(server.url("/nowhere")))->status, 404);
}

TEST(HttpClient, KeepsConnectionsOpen) {
  RunningServer server({route("GET", "/x", echo)});
  HttpClient client;
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(client.send(get(server.url("/x"))));
  EXPECT_EQ(server->stats().connections_open, 1u);
  EXPECT_EQ(server->stats().requests, 20u);
}

TEST(HttpClient, SendsSeveralAtOnceInOrder) {
  RunningServer server({route(
      "GET", "/{n}", [](const Request& request) { return text_response(request.path_params[0]); }, Where::Worker)});
  ClientOptions options;
  options.max_parallel = 4;
  HttpClient client(options);
  std::vector<ClientRequest> requests;
  for (int i = 0; i < 50; ++i) requests.push_back(get(server.url("/" + std::to_string(i))));
  requests[7].url = "ftp://example.org/";
  for (int round = 0; round < 2; ++round) {
    const auto results = client.send_all(requests);
    ASSERT_EQ(results.size(), 50u);
    for (int i = 0; i < 50; ++i) {
      if (i == 7) {
        ASSERT_FALSE(results[7]);
        EXPECT_EQ(results[7].error().reason, "bad_url");
      } else {
        ASSERT_TRUE(results[static_cast<std::size_t>(i)]) << results[static_cast<std::size_t>(i)].error().message;
        EXPECT_EQ(results[static_cast<std::size_t>(i)]->body, std::to_string(i));
      }
    }
  }
  EXPECT_LE(server->stats().connections_open, 4u);
  EXPECT_TRUE(client.send_all({}).empty());
}

TEST(HttpClient, SaysWhyThereIsNoAnswer) {
  std::uint16_t free_port;
  {
    RunningServer gone({route("GET", "/x", echo)});
    free_port = gone.port();
  }
  HttpClient client;
  const auto refused =
      client.send(get("http://user:secret@127.0.0.1:" + std::to_string(free_port) + "/path?token=secret"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "unreachable");
  EXPECT_EQ(refused.error().message.find("secret"), std::string::npos) << refused.error().message;
  for (const char* url : {"file:///etc/passwd", "nonsense", "gopher://x/", "http://"}) {
    const auto bad = client.send(get(url));
    ASSERT_FALSE(bad) << url;
    EXPECT_EQ(bad.error().code == ErrorCode::BadRequest || bad.error().reason == "unreachable", true) << url;
  }
  EXPECT_EQ(client.send(get("file:///etc/passwd")).error().reason, "bad_url");
}

TEST(HttpClient, GivesUpInTime) {
  const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const Fd silent(listening);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(listening, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listening, 8), 0);
  socklen_t length = sizeof address;
  ASSERT_EQ(::getsockname(listening, reinterpret_cast<sockaddr*>(&address), &length), 0);
  ClientOptions options;
  options.timeout = std::chrono::milliseconds(100);
  HttpClient client(options);
  const auto result = client.send(get("http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason, "timed_out");
}

TEST(HttpClient, BoundsTheAnswer) {
  RunningServer server({route("GET", "/big", [](const Request&) { return text_response(std::string(1 << 20, 'x')); }),
                        route("GET", "/header", [](const Request&) {
                          Response response;
                          response.headers.add("X-Big", std::string(300 * 1024, 'x'));
                          return response;
                        })});
  ClientOptions options;
  options.max_response_bytes = 1000;
  HttpClient client(options);
  EXPECT_EQ(client.send(get(server.url("/big"))).error().reason, "response_too_large");
  EXPECT_FALSE(client.send(get(server.url("/header"))));
}

TEST(HttpClient, RefusesHeadersThatBreakALine) {
  HttpClient client;
  ClientRequest request = get("http://127.0.0.1:1/");
  request.headers.add("X-A", "b\r\nX-Evil: 1");
  const auto result = client.send(request);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().reason, "bad_header");
}

TEST(HttpClient, ServesManyThreads) {
  RunningServer server({route("GET", "/x", [](const Request&) { return text_response("x"); })});
  HttpClient client;
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (int k = 0; k < 50; ++k)
        if (const auto response = client.send(get(server.url("/x"))); response && response->body == "x") ++good;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 400);
}

}  // namespace
}  // namespace swarma::net::testing
