// Frames from a stranger: read in one piece, and in two pieces, cut at some 16 places. Both must give the same
// messages, replies and end. What was read as messages comes out again when it is sent the other way.
#include <cstdlib>
#include <functional>

#include "base/bytes.h"
#include "net/http_syntax.h"
#include "net/websocket_frames.h"

namespace {

using namespace swarma;
using namespace swarma::net;

constexpr std::size_t kMaxMessage = 300;

struct Outcome {
  std::vector<std::pair<std::string, MessageKind>> messages;
  std::string replies;
  int code = 0;
  bool operator==(const Outcome&) const = default;
};

Outcome read(WebSocketSide side, std::string_view bytes, std::size_t cut) {
  WebSocketFrames frames(side, kMaxMessage);
  Outcome out;
  for (const std::string_view part : {bytes.substr(0, cut), bytes.substr(cut)})
    for (WebSocketFrames::Message& message : frames.feed(part, out.replies)) {
      if (message.text.size() > kMaxMessage) std::abort();
      if (message.kind == MessageKind::Text && !is_utf8(message.text)) std::abort();
      out.messages.emplace_back(std::move(message.text), message.kind);
    }
  if (frames.closed()) {
    out.code = frames.closed()->code;
    if (frames.holds_buffer() || !frames.close_sent() || out.code < 1000) std::abort();
  }
  return out;
}

void send_back(const Outcome& outcome, WebSocketSide from, WebSocketSide to) {
  std::string bytes;
  for (const auto& [text, kind] : outcome.messages)
    append_frame(bytes, kind == MessageKind::Text ? FrameKind::Text : FrameKind::Binary, text, from);
  if (read(to, bytes, bytes.size() / 2).messages != outcome.messages) std::abort();
}

}  // namespace

/// Both sides are fed the same bytes: frames are masked for one of them.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 2048) return 0;
  const std::string_view bytes = as_text({data, size});
  const Outcome at_server = read(WebSocketSide::Server, bytes, 0), at_client = read(WebSocketSide::Client, bytes, 0);
  const std::size_t step = 1 + bytes.size() / 16;  // another set of places for every input
  for (std::size_t cut = 1 + std::hash<std::string_view>{}(bytes) % step; cut < bytes.size(); cut += step) {
    if (read(WebSocketSide::Server, bytes, cut) != at_server) std::abort();
    Outcome client = read(WebSocketSide::Client, bytes, cut);
    client.replies = at_client.replies;  // masked anew each time
    if (client != at_client) std::abort();
  }
  send_back(at_server, WebSocketSide::Client, WebSocketSide::Server);
  send_back(at_client, WebSocketSide::Server, WebSocketSide::Client);
  return 0;
}
