#include "net/websocket_frames.h"

#include <wslay/wslay.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

#include "base/random.h"
#include "net/http_syntax.h"

namespace swarma::net {
namespace {

constexpr std::size_t kMaxReason = 123;  // a control frame holds 125 bytes, the code takes two

/// Bytes of the head of a frame; wslay refuses lengths that are not written in the shortest form.
std::size_t head_bytes(std::uint64_t payload, bool masked) {
  const std::size_t length = payload < 126 ? 0 : payload <= 0xffff ? 2 : 8;
  return 2 + length + (masked ? 4 : 0);
}

/// The longest start of `text` that has at most `most` bytes and ends between two characters.
std::string_view cut(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0) == 0x80) --most;
  return text.substr(0, most);
}

/// RFC 6455, 7.4.2, and what was registered later.
bool may_be_sent(std::uint16_t code) {
  if (code >= 3000) return code < 5000;
  return code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
}

}  // namespace

void append_frame(std::string& out, FrameKind kind, std::string_view payload, WebSocketSide side) {
  const bool masked = side == WebSocketSide::Client;
  const std::size_t size = payload.size(), head = head_bytes(size, masked);
  out.reserve(out.size() + head + size);
  out += static_cast<char>(0x80 | static_cast<unsigned>(kind));
  const std::size_t length_bytes = head - 2 - (masked ? 4 : 0);
  const std::size_t short_length = length_bytes == 0 ? size : length_bytes == 2 ? 126 : 127;
  out += static_cast<char>((masked ? 0x80u : 0u) | short_length);
  for (std::size_t i = length_bytes; i-- > 0;) out += static_cast<char>(static_cast<std::uint64_t>(size) >> (8 * i));
  std::array<std::uint8_t, 4> mask{};
  if (masked) {
    mask = random_array<4>();
    out.append(reinterpret_cast<const char*>(mask.data()), mask.size());
  }
  const std::size_t begin = out.size();
  out += payload;
  for (std::size_t i = 0; masked && i < size; ++i)
    out[begin + i] = static_cast<char>(static_cast<unsigned char>(out[begin + i]) ^ mask[i % 4]);
}

void append_close(std::string& out, std::uint16_t code, std::string_view reason, WebSocketSide side) {
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code)};
  payload += cut(reason, kMaxReason);
  append_frame(out, FrameKind::Close, payload, side);
}

/// wslay's context (4 KB) and what has arrived of a message. Made for its first byte, gone with its last.
struct WebSocketFrames::Reader {
  Reader() {
    const wslay_frame_callbacks callbacks{nullptr, on_read, nullptr};
    if (wslay_frame_context_init(&context, &callbacks, this) != 0) throw std::bad_alloc();
  }
  ~Reader() { wslay_frame_context_free(context); }
  Reader(const Reader&) = delete;

  static ssize_t on_read(std::uint8_t* into, std::size_t size, int, void* self) {
    Reader& reader = *static_cast<Reader*>(self);
    const std::size_t given = std::min(size, reader.input.size());
    if (given == 0) return -1;  // for now
    std::memcpy(into, reader.input.data(), given);
    reader.input.remove_prefix(given);
    reader.fed += given;
    return static_cast<ssize_t>(given);
  }

  bool between_messages() const { return !in_message && fed == framed; }
  std::string& payload() { return is_control ? control : message; }

  wslay_frame_context_ptr context = nullptr;
  std::string_view input;
  std::uint64_t fed = 0, framed = 0;  // bytes taken from the input, and of frames that have begun
  std::uint64_t left = 0;             // of the payload of the frame under way
  bool in_frame = false, is_control = false, in_message = false;
  MessageKind kind{};
  std::string message, control;
};

WebSocketFrames::WebSocketFrames(WebSocketSide side, std::size_t max_message)
    : side_(side), max_message_(max_message) {}
WebSocketFrames::~WebSocketFrames() = default;

std::vector<WebSocketFrames::Message> WebSocketFrames::feed(std::string_view bytes, std::string& replies) {
  std::vector<Message> messages;
  if (closed_ || bytes.empty()) return messages;
  if (!reader_) reader_ = std::make_unique<Reader>();
  Reader& reader = *reader_;
  reader.input = bytes;
  while (!closed_) {
    wslay_frame_iocb piece{};
    const ssize_t got = wslay_frame_recv(reader.context, &piece);
    if (got == WSLAY_ERR_WANT_READ) break;
    std::uint16_t wrong = got < 0 ? close_code::kProtocolError : 0;
    if (wrong == 0 && !std::exchange(reader.in_frame, true)) wrong = begin_frame(piece);
    if (wrong == 0) {
      reader.payload().append(reinterpret_cast<const char*>(piece.data), piece.data_length);
      reader.left -= piece.data_length;
      reader.in_frame = reader.left > 0;
      if (!reader.in_frame) wrong = end_frame(piece, messages, replies);
    }
    if (wrong != 0) {
      close(wrong, {}, replies);
      closed_ = Closed{wrong, {}};
    }
  }
  if (closed_ || reader.between_messages()) reader_.reset();
  return messages;
}

/// 0, or why the frame cannot be accepted. wslay has seen to lengths, and to control frames being small and whole.
std::uint16_t WebSocketFrames::begin_frame(const wslay_frame_iocb& frame) {
  Reader& reader = *reader_;
  const bool masked = side_ == WebSocketSide::Server;
  reader.left = frame.payload_length;
  reader.framed += head_bytes(frame.payload_length, masked) + frame.payload_length;
  reader.is_control = wslay_is_ctrl_frame(frame.opcode);
  if (frame.rsv != 0 || (frame.mask != 0) != masked) return close_code::kProtocolError;
  if (reader.is_control) return frame.opcode <= WSLAY_PONG ? 0 : close_code::kProtocolError;
  const bool goes_on = frame.opcode == WSLAY_CONTINUATION_FRAME;
  if (frame.opcode > WSLAY_BINARY_FRAME || goes_on != reader.in_message) return close_code::kProtocolError;
  if (!goes_on) reader.kind = frame.opcode == WSLAY_TEXT_FRAME ? MessageKind::Text : MessageKind::Binary;
  reader.in_message = true;
  return reader.message.size() + frame.payload_length > max_message_ ? close_code::kTooLarge : 0;
}

std::uint16_t WebSocketFrames::end_frame(const wslay_frame_iocb& frame, std::vector<Message>& messages,
                                         std::string& replies) {
  Reader& reader = *reader_;
  if (reader.is_control) {
    const std::string payload = std::exchange(reader.control, {});
    if (frame.opcode == WSLAY_CONNECTION_CLOSE) return take_close(payload, replies);
    if (frame.opcode == WSLAY_PING && !close_sent_) append_frame(replies, FrameKind::Pong, payload, side_);
    return 0;
  }
  if (frame.fin == 0) return 0;
  reader.in_message = false;
  if (reader.kind == MessageKind::Text && !is_utf8(reader.message)) return close_code::kBadText;
  messages.push_back({std::exchange(reader.message, {}), reader.kind});
  return 0;
}

std::uint16_t WebSocketFrames::take_close(std::string_view payload, std::string& replies) {
  Closed closed{close_code::kNone, {}, true};
  if (!payload.empty()) {
    closed.code = payload.size() == 1 ? 0
                                      : static_cast<std::uint16_t>(static_cast<unsigned char>(payload[0]) << 8 |
                                                                   static_cast<unsigned char>(payload[1]));
    if (!may_be_sent(closed.code)) return close_code::kProtocolError;
    closed.reason = payload.substr(2);
    if (!is_utf8(closed.reason)) return close_code::kBadText;
  }
  if (!std::exchange(close_sent_, true)) append_frame(replies, FrameKind::Close, payload, side_);
  closed_ = std::move(closed);
  return 0;
}

void WebSocketFrames::close(std::uint16_t code, std::string_view reason, std::string& out) {
  if (std::exchange(close_sent_, true)) return;
  append_close(out, code, reason, side_);
}

}  // namespace swarma::net
