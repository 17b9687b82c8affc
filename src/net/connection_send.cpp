// Sending a response: head and body in as few system calls as they need, and no copy unless the client is slow.
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "base/log.h"
#include "net/connection.h"
#include "net/response_writer.h"
#include "net/stream_queue.h"

namespace swarma::net {
namespace {

/// False if the handler's function throws, which is a bug of ours.
bool start_stream(StreamBody& body, const std::shared_ptr<StreamQueue>& queue) {
  try {
    body.start(StreamWriter(queue));
    body.start = nullptr;
    return true;
  } catch (const std::exception& error) {
    log::error("stream_failed", {{"what", error.what()}});
    return false;
  }
}

std::string chunk_head(std::size_t size) {
  std::array<char, 20> text;
  const int length = std::snprintf(text.data(), text.size(), "%zx\r\n", size);
  return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace

Task<bool> Connection::send(Exchange& exchange, Response response, bool keep_alive) {
  const Request& request = exchange.request;
  const bool http_1_0 = exchange.parser.head().http_1_0;
  const bool to_head = request.method == "HEAD";
  const bool is_stream = std::holds_alternative<StreamBody>(response.body);
  if (is_stream && http_1_0) keep_alive = false;  // the end of the connection ends the body
  const HeadFraming framing{.keep_alive = keep_alive,
                            .http_1_0 = http_1_0,
                            .to_head = to_head,
                            .strict = loop_.shared.options.strict_transport && may_be_strict(request.base_url)};
  std::string& head = loop_.head_buffer;
  head.clear();
  if (!append_head(head, response, framing)) {
    log::error("bad_response_header", {{"path", request.path}});
    response =
        loop_.shared.render(request, {ErrorCode::Internal, "internal", "The answer had a header that cannot be sent."});
    if (!append_head(head, response, framing)) co_return false;
  }
  LoopCounters& counters = loop_.counters;
  if (response.status >= 500)
    counters.errors_5xx.fetch_add(1, std::memory_order_relaxed);
  else if (response.status >= 400)
    counters.errors_4xx.fetch_add(1, std::memory_order_relaxed);

  const bool bodiless = to_head || response.status == 204 || response.status == 304;
  if (bodiless) co_return co_await write_all(head, {}, false);
  if (const auto* text = std::get_if<std::string>(&response.body)) co_return co_await write_all(head, *text, false);
  if (const auto* file = std::get_if<FileBody>(&response.body)) {
    // MSG_MORE: the head leaves in the same packet as the first bytes of the file.
    if (!co_await write_all(head, {}, file->length > 0)) co_return false;
    co_return co_await send_file(*file);
  }
  if (!co_await write_all(head, {}, false)) co_return false;
  const bool is_events = response.headers.get("content-type").starts_with("text/event-stream");
  stream_ = std::make_unique<Streaming>(std::get<StreamBody>(std::move(response.body)), !http_1_0, is_events);
  co_return !http_1_0;
}

Task<bool> Connection::write_all(std::string_view head, std::string_view body, bool more, bool at_any_rate) {
  const IoResult sent = transport_->write(head, body, more);
  if (sent.state == IoState::Closed) co_return false;
  loop_.counters.bytes_sent.fetch_add(sent.bytes, std::memory_order_relaxed);
  if (sent.bytes == head.size() + body.size()) co_return true;
  const std::size_t of_head = std::min(sent.bytes, head.size());
  body.remove_prefix(sent.bytes - of_head);
  // The head may lie in a buffer of the loop.
  co_return co_await write_rest(std::string(head.substr(of_head)), body, more, at_any_rate);
}

Task<bool> Connection::write_rest(std::string head, std::string_view body, bool more, bool at_any_rate) {
  std::string_view rest = head;
  Outflow flow = begin_outflow();
  while (!rest.empty() || !body.empty()) {
    const IoResult sent = transport_->write(rest, body, more);
    if (sent.state == IoState::Done) {
      loop_.counters.bytes_sent.fetch_add(sent.bytes, std::memory_order_relaxed);
      flow.sent += sent.bytes;
      const std::size_t of_head = std::min(sent.bytes, rest.size());
      rest.remove_prefix(of_head);
      body.remove_prefix(sent.bytes - of_head);
      continue;
    }
    if (!co_await wait_for_reader(sent.state, flow, at_any_rate)) co_return false;
  }
  disarm();
  co_return true;
}

Task<bool> Connection::send_file(const FileBody& body) {
  Outflow flow = begin_outflow();
  while (flow.sent < body.length) {
    const IoResult sent = transport_->send_file(body.file->get(), body.offset + flow.sent, body.length - flow.sent);
    if (sent.state == IoState::Done) {
      flow.sent += sent.bytes;
      loop_.counters.bytes_sent.fetch_add(sent.bytes, std::memory_order_relaxed);
      if (flow.sent < body.length) co_await let_others_run(sent.bytes);
      continue;
    }
    if (!co_await wait_for_reader(sent.state, flow, false)) co_return false;
  }
  disarm();
  co_return true;
}

std::uint64_t Connection::held_by_kernel() {
  int bytes = 0;
  return ::ioctl(socket_.native_handle(), SIOCOUTQ, &bytes) == 0 ? static_cast<std::uint64_t>(bytes) : 0;
}

Connection::Outflow Connection::begin_outflow() {
  const auto now = loop_.now();
  return {.waiting = held_by_kernel(), .last_progress = now, .window_begin = now};
}

/// Until there is room for more. False when the client has gone, takes nothing for the body timeout, or took less in a
/// window than the least rate asks for. Room comes in large steps, so how much was taken is asked of the kernel.
Task<bool> Connection::wait_for_reader(IoState state, Outflow& flow, bool at_any_rate) {
  const ServerOptions& options = loop_.shared.options;
  const bool is_paced = !at_any_rate && options.min_read_rate > 0;
  for (;;) {
    const auto now = loop_.now();
    const std::uint64_t given = flow.waiting + flow.sent, held = held_by_kernel();
    if (const std::uint64_t taken = given > held ? given - held : 0; taken > flow.taken) {
      flow.taken = taken;
      flow.last_progress = now;
    }
    if (now - flow.last_progress >= options.body_timeout) co_return false;
    if (is_paced && now - flow.window_begin >= options.read_window) {
      const auto least = options.min_read_rate * static_cast<std::uint64_t>(options.read_window.count());
      if (flow.taken - flow.taken_before < least) co_return false;
      flow.taken_before = flow.taken;
      flow.window_begin = now;
    }
    auto until = flow.last_progress + options.body_timeout;
    if (is_paced) until = std::min(until, flow.window_begin + options.read_window);
    arm(until - now);
    if (co_await wait(state)) co_return true;
    if (!timed_out_) co_return false;
  }
}

/// Ends early, but properly, when the server stops and the stream is one of events: those clients come back by
/// themselves.
Task<bool> Connection::send_stream(Streaming& stream) {
  StreamBody& body = stream.body;
  const auto queue = std::make_shared<StreamQueue>(loop_.mailbox(), body.max_queued, [this] { wake(); });
  const std::unique_ptr<StreamQueue, decltype([](StreamQueue* taken) { taken->detach(); })> until_here(queue.get());
  if (!start_stream(body, queue)) co_return false;
  for (;;) {
    StreamQueue::Batch batch = queue->take();
    const bool cut = stream.is_events && loop_.shared.stopping.load(std::memory_order_relaxed);
    const bool silent = batch.bytes.empty() && !batch.ended && !batch.too_slow;
    if (silent && !cut) {
      const auto began = loop_.now();
      if (!co_await park(body.silence)) co_return false;
      if (loop_.now() - began < body.silence) continue;
      batch.bytes = body.heartbeat;
    }
    if (batch.too_slow) {
      loop_.counters.slow_streams.fetch_add(1, std::memory_order_relaxed);
      log::info("stream_dropped", {{"reason", "slow_reader"}});
      batch.bytes = body.farewell;
    }
    const std::size_t bytes = batch.bytes.size();
    if (bytes > 0) {
      const std::string size = stream.chunked ? chunk_head(bytes) : std::string();
      if (stream.chunked) batch.bytes += "\r\n";
      if (!co_await write_all(size, batch.bytes, false, stream.is_events)) co_return false;
      batch.bytes = std::string();
    }
    if (batch.ended || batch.too_slow || cut) break;
    co_await let_others_run(bytes);
  }
  co_return !stream.chunked || co_await write_all("0\r\n\r\n", {}, false);
}

bool Connection::peer_hung_up() {
  pollfd poll_for{socket_.native_handle(), POLLRDHUP, 0};
  return ::poll(&poll_for, 1, 0) > 0 && (poll_for.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

}  // namespace swarma::net
