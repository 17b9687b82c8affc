#include <fcntl.h>

#include <filesystem>
#include <latch>

#include "base/random.h"
#include "net/server_testing.h"

namespace swarma::net::testing {
namespace {

TEST(HttpServer, AnswersAPlainFunction) {
  RunningServer server({route("GET", "/hello/{name}", [](const Request& request) {
    return text_response("Hello, " + request.path_params[0] + ".");
  })});
  HttpClient client;
  ClientRequest request;
  request.url = server.url("/hello/J%C3%B6rg");
  const auto response = client.send(request);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "Hello, Jörg.");
  EXPECT_EQ(response->headers.get("content-type"), "text/plain");
  EXPECT_EQ(response->headers.get("access-control-allow-origin"), "*");
  EXPECT_FALSE(response->headers.get("date").empty());
}

Response describe(const Request& request) {
  return text_response(request.method + " " + request.path + " ?" + request.query + " <" + request.base_url + "> " +
                       request.remote_address + " " + request.body);
}

TEST(HttpServer, SaysWhatWasAsked) {
  RunningServer server({route("GET", "/{rest*}", describe), route("POST", "/{rest*}", describe, Where::Worker)});
  EXPECT_EQ(raw_exchange(server, "GET /a/../b%20c?x=%20y HTTP/1.1\r\nHost: node.example:81\r\n\r\n").body,
            "GET /b c ?x=%20y <http://node.example:81> 127.0.0.1 ");
  EXPECT_EQ(raw_exchange(server, "GET http://other.example/x#frag HTTP/1.1\r\nHost: node.example\r\n\r\n").body,
            "GET /x ? <http://other.example> 127.0.0.1 ");
  EXPECT_EQ(raw_exchange(server, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody").body,
            "POST /x ? <http://a> 127.0.0.1 body");
  EXPECT_EQ(
      raw_exchange(server,
                   "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n")
          .body,
      "POST /x ? <http://a> 127.0.0.1 body");
}

TEST(HttpServer, TakesTheForwardedAddressFromTrustedProxiesOnly) {
  const std::string_view request =
      "GET /x HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 6.6.6.6, 203.0.113.9, 10.0.0.1\r\n\r\n";
  const auto address = [&](std::vector<std::string> proxies) {
    ServerOptions options;
    options.trusted_proxies = std::move(proxies);
    options.public_url = "https://film.example";
    RunningServer server({route("GET", "/x", describe)}, options);
    return raw_exchange(server, request).body;
  };
  EXPECT_EQ(address({}), "GET /x ? <https://film.example> 127.0.0.1 ");
  EXPECT_EQ(address({"127.0.0.1", "10.0.0.1"}), "GET /x ? <https://film.example> 203.0.113.9 ");
}

TEST(HttpServer, KeepsTheOrderOfPipelinedRequests) {
  std::latch first_may_finish(1);
  RunningServer server(
      {route(
           "GET", "/slow", [&](const Request&) { return first_may_finish.wait(), text_response("slow"); },
           Where::Worker),
       route("GET", "/fast/{n}", [](const Request& request) { return text_response(request.path_params[0]); })});
  RawClient client(server.port());
  std::string requests = "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n";
  for (int i = 0; i < 300; ++i) requests += "GET /fast/" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  client.send(requests);
  first_may_finish.count_down();
  EXPECT_EQ(client.response().body, "slow");
  for (int i = 0; i < 300; ++i) ASSERT_EQ(client.response().body, std::to_string(i));
}

TEST(HttpServer, ReadsARequestThatComesByteByByte) {
  RunningServer server({route("POST", "/x", describe)});
  RawClient client(server.port());
  for (const char c :
       std::string_view("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"))
    client.send({&c, 1});
  EXPECT_EQ(client.response().body, "POST /x ? <http://a> 127.0.0.1 abc");
}

TEST(HttpServer, AnswersHeadWithTheHeadOfGet) {
  RunningServer server({route("GET", "/x", [](const Request&) { return text_response("hello"); }),
                        route("HEAD", "/own", [](const Request&) {
                          Response response;
                          response.headers.add("Content-Length", "77");
                          return response;
                        })});
  RawClient client(server.port());
  client.send(
      "HEAD /x HTTP/1.1\r\nHost: a\r\n\r\nHEAD /own HTTP/1.1\r\nHost: a\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(client.response(true).has("Content-Length: 5"));
  EXPECT_TRUE(client.response(true).has("Content-Length: 77"));
  EXPECT_EQ(client.response().body, "hello");
}

TEST(HttpServer, AnswersPreflightsForEveryKnownAddress) {
  RunningServer server({route("GET", "/x", describe), route("DELETE", "/x", describe)});
  const RawResponse known = raw_exchange(server, "OPTIONS /x HTTP/1.1\r\nHost: a\r\nOrigin: https://b\r\n\r\n");
  EXPECT_EQ(known.status, 204);
  EXPECT_TRUE(known.has("Access-Control-Allow-Origin: *"));
  EXPECT_TRUE(known.has("Access-Control-Allow-Methods: GET, HEAD, DELETE, OPTIONS"));
  for (const char* name : {"Authorization", "DPoP", "Content-Type", "Range", "Tus-Resumable", "Upload-Offset", "*"})
    EXPECT_NE(known.head.find(name, known.head.find("Access-Control-Allow-Headers")), std::string::npos) << name;
  EXPECT_TRUE(known.has("Access-Control-Max-Age: 86400"));
  EXPECT_EQ(raw_exchange(server, "OPTIONS /y HTTP/1.1\r\nHost: a\r\n\r\n").status, 404);
  EXPECT_EQ(raw_exchange(server, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").status, 204);
}

TEST(HttpServer, LetsAnAddressSayMoreToOptions) {
  Route more = route("OPTIONS", "/x", [](const Request&) {
    Response response;
    response.status = 204;
    response.headers.add("Tus-Version", "1.0.0");
    return response;
  });
  RunningServer server({route("GET", "/x", describe), more});
  const RawResponse asked = raw_exchange(server, "OPTIONS /x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(asked.status, 204);
  EXPECT_TRUE(asked.has("Tus-Version: 1.0.0"));
  EXPECT_TRUE(asked.has("Allow: GET, HEAD, OPTIONS"));
  EXPECT_TRUE(asked.has("Access-Control-Allow-Methods: GET, HEAD, OPTIONS"));
}

TEST(HttpServer, PutsTheHeadersOfARouteOnRefusalsToo) {
  Route small = route("PUT", "/x", describe);
  small.max_body = 10;
  small.headers = {{"Tus-Resumable", "1.0.0"}};
  RunningServer server({small, route("GET", "/y", describe)});
  const auto asks = [&](const std::string& head) {
    const RawResponse response = raw_exchange(server, head + "\r\nHost: a\r\n\r\n");
    return std::pair(response.status, response.has("Tus-Resumable: 1.0.0"));
  };
  EXPECT_EQ(asks("PUT /x HTTP/1.1\r\nContent-Length: 0"), std::pair(200, true));
  EXPECT_EQ(asks("PUT /x HTTP/1.1\r\nContent-Length: 11"), std::pair(413, true));
  EXPECT_EQ(asks("GET /x HTTP/1.1"), std::pair(405, true));
  EXPECT_EQ(asks("GET /y HTTP/1.1"), std::pair(200, false));
}

TEST(HttpServer, RefusesWithTheRightStatus) {
  Route small = route("PUT", "/small", describe);
  small.max_body = 10;
  RunningServer server({route("GET", "/x", describe), small});
  const std::string tail = " HTTP/1.1\r\nHost: a\r\n\r\n";
  EXPECT_EQ(raw_exchange(server, "GET /nowhere" + tail).status, 404);
  EXPECT_EQ(raw_exchange(server, "BREW /x" + tail).status, 501);
  EXPECT_EQ(raw_exchange(server, "CONNECT a:80" + tail).status, 400);
  EXPECT_EQ(raw_exchange(server, "GET /%zz" + tail).status, 400);
  EXPECT_EQ(raw_exchange(server, "GET /x HTTP/1.1\r\nHost: a/b\r\n\r\n").status, 400);
  EXPECT_EQ(raw_exchange(server, "GARBAGE\r\n\r\n").status, 400);
  EXPECT_EQ(raw_exchange(server, "GET /x HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n").status,
            431);
  EXPECT_EQ(raw_exchange(server, "PUT /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n").status, 501);
  EXPECT_EQ(raw_exchange(server, "PUT /small HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n").status, 413);
  EXPECT_EQ(
      raw_exchange(server,
                   "PUT /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\n\r\n")
          .status,
      413);
  const RawResponse refused = raw_exchange(server, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
  EXPECT_EQ(refused.status, 405);
  EXPECT_TRUE(refused.has("Allow: GET, HEAD, OPTIONS"));
  EXPECT_TRUE(refused.has("Access-Control-Allow-Origin: *"));
  EXPECT_EQ(refused.body.substr(0, 19), "method_not_allowed:");
  EXPECT_GE(server->stats().errors_4xx, 8u);
}

TEST(HttpServer, NeverReadsABodyAsTheNextRequest) {
  RunningServer server({route("GET", "/x", describe)});
  RawClient refused(server.port());
  refused.send(
      "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 33\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\nGET /x "
      "HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(refused.response().status, 405);
  EXPECT_EQ(refused.response().status, 200);
  RawClient ambiguous(server.port());
  ambiguous.send(
      "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x "
      "HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(ambiguous.response().status, 400);
  ambiguous.end_of_input();
  EXPECT_EQ(ambiguous.rest(), "");
}

TEST(HttpServer, LetsClientsAskBeforeTheySend) {
  RunningServer server({route("POST", "/x", describe, Where::Worker)});
  RawClient client(server.port());
  client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.response().status, 100);
  client.send("abc");
  EXPECT_EQ(client.response().body, "POST /x ? <http://a> 127.0.0.1 abc");
  RawClient refused(server.port());
  refused.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(refused.response().status, 413);
}

TEST(HttpServer, ClosesWhereTheClientWantsIt) {
  RunningServer server({route("GET", "/x", describe)});
  RawClient close(server.port());
  close.send("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(close.response().has("Connection: close"));
  EXPECT_TRUE(close.at_end());
  RawClient old(server.port());
  old.send("GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /x HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(old.response().has("Connection: keep-alive"));
  EXPECT_EQ(old.response().status, 200);
  EXPECT_TRUE(old.at_end());
}

TEST(HttpServer, TurnsExceptionsAndBadHeadersInto500) {
  RunningServer server(
      {route(
           "GET", "/throw", [](const Request&) -> Response { throw std::runtime_error("secret detail"); },
           Where::Worker),
       route("GET", "/split", [](const Request&) {
         Response response;
         response.headers.add("Location", "/\r\nSet-Cookie: x");
         return response;
       })});
  const RawResponse thrown = raw_exchange(server, "GET /throw HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(thrown.status, 500);
  EXPECT_EQ(thrown.body.find("secret"), std::string::npos);
  const RawResponse split = raw_exchange(server, "GET /split HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(split.status, 500);
  EXPECT_EQ(split.head.find("Set-Cookie"), std::string::npos);
  EXPECT_EQ(server->stats().errors_5xx, 2u);
}

TEST(HttpServer, RefusesAnAddressInUse) {
  RunningServer server({route("GET", "/x", describe)});
  ServerOptions options;
  options.port = server.port();
  const auto second = HttpServer::create(options, {}, plain_error);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().reason, "address_in_use");
}

TEST(HttpServer, ListensOnIpv6) {
  ServerOptions options;
  options.host = "::1";
  RunningServer server({route("GET", "/x", describe)}, options);
  HttpClient client;
  ClientRequest request;
  request.url = server.url("/x");
  const auto response = client.send(request);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "GET /x ? <" + server->url() + "> ::1 ");
}

TEST(HttpServer, ServesManyClientsAtOnce) {
  RunningServer server({route("GET", "/inline", describe), route("GET", "/worker", describe, Where::Worker)});
  std::vector<std::thread> clients;
  std::atomic<int> good{0};
  for (int i = 0; i < 8; ++i)
    clients.emplace_back([&, i] {
      RawClient client(server.port());
      for (int k = 0; k < 200; ++k) {
        const std::string path = (i + k) % 2 == 0 ? "/inline" : "/worker";
        client.send("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
        if (client.response().body == "GET " + path + " ? <http://a> 127.0.0.1 ") ++good;
      }
    });
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(good, 8 * 200);
  EXPECT_EQ(server->stats().requests, 8u * 200u);
}

}  // namespace
}  // namespace swarma::net::testing
