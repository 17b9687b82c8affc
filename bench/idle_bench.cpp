// A server with connections on which nothing happens: `idle_bench [CERTIFICATE KEY]` offers /events and /socket, prints
// its address, and then, for each line it reads, its threads, its resident bytes, what of them is in use, and how many
// connections are open. bench/idle.py opens them.
#include <malloc.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "net/http_server.h"

using namespace swarma;
using namespace swarma::net;

namespace {

std::uint64_t status_field(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name + ":")) return std::stoull(line.substr(name.size() + 1));
  return 0;
}

class Silent final : public WebSocketSession {
  void on_open(WebSocket socket, std::string_view) override { socket_.emplace(std::move(socket)); }
  void on_message(std::string, MessageKind) override {}
  void on_close(std::uint16_t, std::string_view) override {}
  std::optional<WebSocket> socket_;
};

}  // namespace

int main(int argc, char** argv) {
  ServerOptions options;
  if (argc == 3) options.certificate_file = argv[1], options.key_file = argv[2];
  std::mutex mutex;
  std::list<StreamWriter> writers;
  Route events{.method = "GET", .pattern = "/events", .where = Where::Inline, .handler = [&](const Request&) {
                 Response response;
                 response.headers.add("Content-Type", "text/event-stream");
                 StreamBody body{.start = [&](StreamWriter writer) {
                   const std::lock_guard lock(mutex);
                   writers.push_back(std::move(writer));
                 }};
                 body.silence = std::chrono::hours(1);  // nothing happens
                 response.body = std::move(body);
                 return response;
               }};
  Route socket{.method = "GET", .pattern = "/socket", .where = Where::Inline};
  socket.websocket_options.silence = std::chrono::hours(1);
  socket.websocket = [](const Request&) -> Result<std::unique_ptr<WebSocketSession>> {
    return std::make_unique<Silent>();
  };
  auto server = HttpServer::create(options, {events, socket}, [](const Request&, const Error& error) {
    Response response;
    response.status = 500;
    response.body = error.message;
    return response;
  });
  if (!server) return std::fprintf(stderr, "%s\n", server.error().message.c_str()), 1;
  std::thread running([&] { (*server)->run(); });
  std::printf("%s\n", (*server)->url().c_str());
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    const auto heap = ::mallinfo2();
    std::printf("%llu %llu %llu %llu\n", static_cast<unsigned long long>(status_field("Threads")),
                static_cast<unsigned long long>(status_field("VmRSS") * 1024),
                static_cast<unsigned long long>(heap.uordblks + heap.hblkhd),
                static_cast<unsigned long long>((*server)->stats().connections_open));
    std::fflush(stdout);
  }
  (*server)->stop();
  running.join();
}
