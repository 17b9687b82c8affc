#include "net/outbound.h"

#include <condition_variable>
#include <filesystem>
#include <future>

#include "base/clock.h"
#include "base/stopwatch.h"
#include "net/server_testing.h"
#include "net/tls.h"

namespace swarma::net::testing {
namespace {

using namespace std::chrono_literals;
using Answer = Result<OutboundResponse>;

const SendOptions kAnywhere{.reach = Reach::Anywhere};

std::future<Answer> ask(Outbound& outbound, OutboundRequest request, SendOptions options = kAnywhere) {
  std::promise<Answer> promise;
  std::future<Answer> future = promise.get_future();
  outbound.send(std::move(request), options,
                [promise = std::move(promise)](Answer answer) mutable { promise.set_value(std::move(answer)); });
  return future;
}

Answer answer_of(std::future<Answer> future) {
  if (future.wait_for(10s) != std::future_status::ready) return fail(ErrorCode::Internal, "never_told", "Nobody told.");
  return future.get();
}

Answer get(Outbound& outbound, std::string url, SendOptions options = kAnywhere) {
  return answer_of(ask(outbound, {.url = std::move(url)}, options));
}

std::string reason_of(const Answer& answer) {
  return answer ? "answered " + std::to_string(answer->status) : answer.error().reason;
}

Response redirect(std::string to) {
  Response response;
  response.status = 302;
  response.headers.add("Location", std::move(to));
  return response;
}

/// 127.0.0.1 passes for the internet, the rest of the machine for its inside.
Outbound small_internet() {
  const std::array<std::uint8_t, 4> open{127, 0, 0, 1};
  return Outbound({.is_public = [open](auto address) { return std::ranges::equal(address, open); }});
}

/// Requests that a server keeps until they are let go.
class Door {
 public:
  Response pass() {
    std::unique_lock lock(mutex_);
    most_ = std::max(most_, ++inside_);
    changed_.notify_all();
    changed_.wait_for(lock, 10s, [this] { return open_; });
    --inside_;
    return text_response("through");
  }
  bool wait_for(int inside) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 10s, [&] { return inside_ == inside; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  int most() {
    const std::lock_guard lock(mutex_);
    return most_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int inside_ = 0, most_ = 0;
  bool open_ = false;
};

Route behind(Door& door) {
  return route("GET", "/door", [&door](const Request&) { return door.pass(); }, Where::Worker);
}

/// Takes connections and never says a word.
class SilentServer {
 public:
  SilentServer() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), length) != 0 || ::listen(socket_.get(), 64) != 0 ||
        ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0)
      throw std::runtime_error("listen");
    port_ = ntohs(address.sin_port);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }

 private:
  Fd socket_;
  int port_ = 0;
};

TEST(Outbound, SendsAndReceivesWithoutWaiting) {
  RunningServer server({route("POST", "/echo", [](const Request& request) {
    Response response = text_response(request.method + " " + request.body);
    response.headers.add("X-Seen-Own", std::string(request.headers.get("x-own")));
    return response;
  })});
  Outbound outbound;
  std::vector<std::future<Answer>> answers;
  for (int i = 0; i < 50; ++i) {
    OutboundRequest request{.method = "POST", .url = server.url("/echo"), .body = std::to_string(i)};
    request.headers.add("X-Own", "value");
    answers.push_back(ask(outbound, std::move(request)));
  }
  for (int i = 0; i < 50; ++i) {
    const Answer answer = answer_of(std::move(answers[static_cast<std::size_t>(i)]));
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "POST " + std::to_string(i));
    EXPECT_EQ(answer->headers.get("x-seen-own"), "value");
    EXPECT_EQ(answer->url, server.url("/echo"));
  }
  EXPECT_LE(server->stats().connections_open, OutboundLimits().running_per_host);
  EXPECT_EQ(reason_of(get(outbound, server.url("/nowhere"))), "answered 404");
}

TEST(Outbound, RefusesAddressesThatAreNone) {
  Outbound outbound;
  for (const char* url : {"file:///etc/passwd", "nonsense", "gopher://x/", "http://", "ftp://example.org/",
                          "http://a b/", "http://example.org/\r\nX: 1", ""})
    EXPECT_EQ(reason_of(get(outbound, url)), "bad_url") << url;
  OutboundRequest broken{.url = "http://127.0.0.1:1/"};
  broken.headers.add("X-A", "b\r\nX-Evil: 1");
  EXPECT_EQ(reason_of(answer_of(ask(outbound, std::move(broken)))), "bad_header");
}

TEST(Outbound, SendsStrangersNowhereInside) {
  RunningServer server({route("GET", "/x", [](const Request&) { return text_response("inside"); })});
  const std::string port = ":" + std::to_string(server.port());
  Outbound outbound;
  for (const char* host : {"127.0.0.1", "localhost", "0x7f000001", "2130706433", "0177.1", "127.1", "0.0.0.0", "0",
                           "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::127.0.0.1]"}) {
    const Answer answer = get(outbound, "http://" + std::string(host) + port + "/x", {});
    EXPECT_EQ(reason_of(answer), "address_refused") << host;
  }
  EXPECT_EQ(reason_of(get(outbound, "http://user:word@127.0.0.1" + port + "/x", {})), "bad_url");
  EXPECT_EQ(server->stats().requests, 0u);
  EXPECT_EQ(server->stats().connections_open, 0u);
}

TEST(Outbound, GivesStrangersNoConnectionOfTheOperator) {
  RunningServer server({route("GET", "/x", [](const Request&) { return text_response("inside"); })});
  Outbound outbound;
  ASSERT_EQ(reason_of(get(outbound, server.url("/x"))), "answered 200");
  EXPECT_EQ(server->stats().connections_open, 1u);
  EXPECT_EQ(reason_of(get(outbound, server.url("/x"), {})), "address_refused");
  EXPECT_EQ(server->stats().requests, 1u);
}

TEST(Outbound, FollowsRedirectsOnlyWhenAskedTo) {
  RunningServer server({route("GET", "/a", [](const Request&) { return redirect("/b"); }),
                        route("POST", "/a", [](const Request&) { return redirect("/b"); }),
                        route("GET", "/b", [](const Request&) { return text_response("there"); }),
                        route("GET", "/round", [](const Request&) { return redirect("/round"); })});
  Outbound outbound;
  const SendOptions three{.reach = Reach::Anywhere, .max_redirects = 3};
  const Answer not_followed = get(outbound, server.url("/a"));
  ASSERT_EQ(reason_of(not_followed), "answered 302");
  EXPECT_EQ(not_followed->headers.get("location"), "/b");
  const Answer followed = get(outbound, server.url("/a"), three);
  ASSERT_EQ(reason_of(followed), "answered 200");
  EXPECT_EQ(followed->body, "there");
  EXPECT_EQ(followed->url, server.url("/b"));
  EXPECT_EQ(reason_of(answer_of(ask(outbound, {.method = "POST", .url = server.url("/a")}, three))), "answered 302");
  const auto before = server->stats().requests;
  EXPECT_EQ(reason_of(get(outbound, server.url("/round"), three)), "too_many_redirects");
  EXPECT_EQ(server->stats().requests - before, 4u);
}

TEST(Outbound, ChecksWhereRedirectsLead) {
  std::string inside;
  RunningServer server({route("GET", "/in", [&](const Request&) { return redirect(inside); }),
                        route("GET", "/file", [](const Request&) { return redirect("file:///etc/passwd"); }),
                        route("GET", "/x", [](const Request&) { return text_response("inside"); })},
                       {.host = "0.0.0.0"});
  const std::string port = ":" + std::to_string(server.port());
  inside = "http://127.0.0.2" + port + "/x";
  const std::string outside = "http://127.0.0.1" + port;
  Outbound outbound = small_internet();
  for (const Reach reach : {Reach::Public, Reach::Anywhere}) {  // the operator chose the first address, not the second
    const SendOptions options{.reach = reach, .max_redirects = 3};
    EXPECT_EQ(reason_of(get(outbound, outside + "/x", options)), "answered 200");
    EXPECT_EQ(reason_of(get(outbound, outside + "/in", options)), "address_refused");
    EXPECT_EQ(reason_of(get(outbound, outside + "/file", options)), "bad_url");
  }
  EXPECT_EQ(reason_of(get(outbound, inside)), "answered 200");  // it is there
}

TEST(Outbound, TellsAnotherHostNoSecrets) {
  std::mutex mutex;
  Headers seen;
  std::string away;
  RunningServer server({route("GET", "/away", [&](const Request&) { return redirect(away); }),
                        route("GET", "/here", [&](const Request&) { return redirect("/seen"); }),
                        route("GET", "/seen", [&](const Request& request) {
                          const std::lock_guard lock(mutex);
                          seen = request.headers;
                          return text_response("seen");
                        })});
  away = "http://localhost:" + std::to_string(server.port()) + "/seen";  // another name, so another host
  Outbound outbound({.is_public = [](auto) { return true; }});
  const auto send = [&](const std::string& path) {
    OutboundRequest request{.url = server.url(path)};
    request.headers.add("X-Api-Key", "secret");
    request.headers.add("Accept", "text/plain");
    return answer_of(ask(outbound, std::move(request), {.max_redirects = 1}));
  };
  ASSERT_EQ(reason_of(send("/here")), "answered 200");
  EXPECT_EQ(seen.get("x-api-key"), "secret");
  ASSERT_EQ(reason_of(send("/away")), "answered 200");
  EXPECT_EQ(seen.get("x-api-key"), "");
  EXPECT_EQ(seen.get("accept"), "text/plain");
}

TEST(Outbound, GivesUpInTime) {
  const SilentServer silent;
  Outbound outbound({.limits = {.running_per_host = 1}});
  const Stopwatch watch;
  std::future<Answer> running = ask(outbound, {.url = silent.url()}, {.reach = Reach::Anywhere, .timeout = 200ms});
  std::future<Answer> waiting = ask(outbound, {.url = silent.url()}, {.reach = Reach::Anywhere, .timeout = 100ms});
  EXPECT_EQ(reason_of(answer_of(std::move(waiting))), "timed_out");
  EXPECT_EQ(reason_of(answer_of(std::move(running))), "timed_out");
  EXPECT_LT(watch.elapsed(), 5s);
}

TEST(Outbound, BoundsTheAnswer) {
  RunningServer server({route("GET", "/big", [](const Request&) { return text_response(std::string(1 << 20, 'x')); })});
  Outbound outbound;
  const SendOptions small{.reach = Reach::Anywhere, .max_response_bytes = 1000};
  EXPECT_EQ(reason_of(get(outbound, server.url("/big"), small)), "response_too_large");
  EXPECT_EQ(reason_of(get(outbound, server.url("/big"))), "answered 200");
}

TEST(Outbound, AsksOneHostOnlySoMuchAtOnce) {
  Door door;
  RunningServer server({behind(door), route("GET", "/x", [](const Request&) { return text_response("x"); })});
  Outbound outbound({.limits = {.running_per_host = 2, .waiting_per_host = 3}});
  std::vector<std::future<Answer>> answers;
  for (int i = 0; i < 6; ++i) answers.push_back(ask(outbound, {.url = server.url("/door")}));
  ASSERT_TRUE(door.wait_for(2));
  EXPECT_EQ(reason_of(answer_of(std::move(answers[5]))), "outbound_busy");
  // Another host is not held up by it.
  EXPECT_EQ(reason_of(get(outbound, "http://localhost:" + std::to_string(server.port()) + "/x")), "answered 200");
  door.open();
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(reason_of(answer_of(std::move(answers[i]))), "answered 200");
  EXPECT_EQ(door.most(), 2);
}

TEST(Outbound, LeavesTheOperatorAQuarter) {
  Door door;
  RunningServer server({behind(door), route("GET", "/x", [](const Request&) { return text_response("x"); })});
  Outbound outbound({.limits = {.running = 4, .waiting = 4}, .is_public = [](auto) { return true; }});
  std::vector<std::future<Answer>> answers;
  for (int i = 0; i < 7; ++i) answers.push_back(ask(outbound, {.url = server.url("/door")}, {}));
  ASSERT_TRUE(door.wait_for(3));
  EXPECT_EQ(reason_of(answer_of(std::move(answers[6]))), "outbound_busy");
  EXPECT_EQ(reason_of(get(outbound, server.url("/x"))), "answered 200");
  door.open();
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(reason_of(answer_of(std::move(answers[i]))), "answered 200");
  EXPECT_EQ(door.most(), 3);
}

TEST(Outbound, MaySendFromAnAnswer) {
  RunningServer server({route("GET", "/x", [](const Request&) { return text_response("x"); })});
  Outbound outbound;
  std::promise<Answer> second;
  outbound.send({.url = server.url("/x")}, kAnywhere, [&](Answer) {
    outbound.send({.url = server.url("/x")}, kAnywhere, [&](Answer answer) { second.set_value(std::move(answer)); });
  });
  EXPECT_EQ(reason_of(answer_of(second.get_future())), "answered 200");
}

TEST(Outbound, TellsEverybodyWhenItEnds) {
  const SilentServer silent;
  std::vector<std::future<Answer>> answers;
  {
    Outbound outbound({.limits = {.running_per_host = 2}});
    for (int i = 0; i < 5; ++i) answers.push_back(ask(outbound, {.url = silent.url()}));
  }
  for (std::future<Answer>& answer : answers) EXPECT_EQ(reason_of(answer_of(std::move(answer))), "stopped");
}

TEST(Outbound, TrustsTheAuthoritiesItWasGiven) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("swarma_outbound_test_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const std::string certificate = folder / "cert.pem", key = folder / "key.pem";
  ASSERT_TRUE(make_self_signed_certificate({"127.0.0.1"}, certificate, key, SystemClock().now()));
  RunningServer server({route("GET", "/x", [](const Request&) { return text_response("x"); })},
                       {.certificate_file = certificate, .key_file = key});
  Outbound knowing({.ca_file = certificate}), unknowing;
  EXPECT_EQ(reason_of(get(knowing, server.url("/x"))), "answered 200");
  EXPECT_EQ(reason_of(get(unknowing, server.url("/x"))), "tls_failed");
  EXPECT_EQ(reason_of(get(unknowing, server.url("/x"), {.reach = Reach::Anywhere, .ca_file = certificate})),
            "answered 200");
  EXPECT_EQ(reason_of(get(unknowing, server.url("/x"))), "tls_failed");  // over a connection of its own
  EXPECT_EQ(reason_of(get(knowing, "https://localhost:" + std::to_string(server.port()) + "/x")), "tls_failed");
  std::filesystem::remove_all(folder);
}

TEST(Outbound, GoesThroughNoProxyOfTheEnvironment) {
  RunningServer server({route("GET", "/x", [](const Request&) { return text_response("x"); })});
  const SilentServer proxy;
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  Outbound outbound;
  EXPECT_EQ(reason_of(get(outbound, server.url("/x"))), "answered 200");
  EXPECT_EQ(reason_of(get(outbound, server.url("/x"), {})), "address_refused");
  ::unsetenv("http_proxy");
}

}  // namespace
}  // namespace swarma::net::testing
