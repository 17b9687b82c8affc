// What the npm package ws talks to: `interop_ws_peer` prints the address of a server whose /echo sends everything back
// and closes with 4321 when it is told to "close"; then it opens a WebSocket to each address it reads, line by line,
// and does the same there.
#include <cstdio>
#include <iostream>
#include <optional>
#include <thread>

#include "net/http_server.h"
#include "net/websocket_client.h"

using namespace swarma;
using namespace swarma::net;

namespace {

class Echo final : public WebSocketSession {
  void on_open(WebSocket socket, std::string_view subprotocol) override {
    socket_.emplace(std::move(socket));
    if (!subprotocol.empty()) socket_->send("speaking " + std::string(subprotocol));
  }
  void on_message(std::string message, MessageKind kind) override {
    if (message == "close") return socket_->close(4321, "as you wish");
    socket_->send(message, kind);
  }
  void on_close(std::uint16_t code, std::string_view reason) override {
    std::printf("closed %d %s\n", code, std::string(reason).c_str());
    std::fflush(stdout);
  }
  void on_failure(const Error& error) override {
    std::printf("failed %s\n", error.reason.c_str());
    std::fflush(stdout);
  }
  std::optional<WebSocket> socket_;
};

}  // namespace

int main() {
  WebSocketOptions limits{.max_message = 1 << 20, .max_queued = 4 << 20, .subprotocols = {"swarma.test"}};
  Route echo{.method = "GET", .pattern = "/echo", .where = Where::Inline};
  echo.websocket_options = limits;
  echo.websocket = [](const Request&) -> Result<std::unique_ptr<WebSocketSession>> { return std::make_unique<Echo>(); };
  auto server = HttpServer::create({}, {echo}, [](const Request&, const Error& error) {
    Response response;
    response.status = 403;
    response.body = error.reason;
    return response;
  });
  if (!server) return std::fprintf(stderr, "%s\n", server.error().message.c_str()), 1;
  std::thread running([&] { (*server)->run(); });
  std::printf("%s\n", (*server)->url().c_str());
  std::fflush(stdout);
  {
    WebSocketClient client;
    for (std::string url; std::getline(std::cin, url);)
      if (auto begun = client.connect({.url = url, .options = limits}, std::make_unique<Echo>()); !begun)
        std::printf("refused %s\n", begun.error().reason.c_str());
  }
  (*server)->stop();
  running.join();
}
