#include "net/websocket_handshake.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "net/http_syntax.h"

namespace swarma::net {
namespace {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

std::unexpected<Error> bad_upgrade(std::string_view why) {
  return fail(ErrorCode::BadRequest, "bad_request", "This does not open a WebSocket: " + std::string(why) + ".");
}

std::unexpected<Error> not_a_websocket(std::string_view why) {
  return fail(ErrorCode::Unavailable, "not_a_websocket",
              "What answers at this address does not speak WebSocket: " + std::string(why) + ".");
}

bool lists(const std::string& field, std::string_view wanted) {
  return any_list_element(field, [&](std::string_view element) { return equals_ignoring_case(element, wanted); });
}

/// 16 bytes in base64.
bool is_key(std::string_view key) {
  const auto digit = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
  };
  return key.size() == 24 && key.ends_with("==") && std::ranges::all_of(key.substr(0, 22), digit);
}

bool has_line_break(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

}  // namespace

std::string websocket_accept(std::string_view key) {
  const std::string text = std::string(key) + std::string(kGuid);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  std::array<unsigned char, 4 * ((EVP_MAX_MD_SIZE + 2) / 3) + 1> encoded;
  const int length = EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(size));
  return {reinterpret_cast<const char*>(encoded.data()), static_cast<std::size_t>(length)};
}

Result<Response> accept_upgrade(const Request& request, const RequestHead& head, const WebSocketOptions& options) {
  const Headers& headers = request.headers;
  if (request.method != "GET" || head.http_1_0 || !lists(headers.joined("upgrade"), "websocket") ||
      !lists(headers.joined("connection"), "upgrade"))
    return fail(ErrorCode::Unsupported, "upgrade_required", "This address is for WebSockets: open one here.");
  if (headers.joined("sec-websocket-version") != "13")
    return fail(ErrorCode::Unsupported, "upgrade_required", "The only version of WebSocket spoken here is 13.");
  if (head.has_body) return bad_upgrade("its request has a body");
  if (headers.count("sec-websocket-key") != 1 || !is_key(headers.get("sec-websocket-key")))
    return bad_upgrade("Sec-WebSocket-Key is not 16 bytes in base64");
  Response accepted{.status = 101};
  accepted.headers.add("Upgrade", "websocket");
  accepted.headers.add("Sec-WebSocket-Accept", websocket_accept(headers.get("sec-websocket-key")));
  if (const std::string_view chosen = choose_subprotocol(request, options); !chosen.empty())
    accepted.headers.add("Sec-WebSocket-Protocol", std::string(chosen));
  return accepted;
}

std::string_view choose_subprotocol(const Request& request, const WebSocketOptions& options) {
  const std::string offered = request.headers.joined("sec-websocket-protocol");
  for (const std::string& ours : options.subprotocols)
    if (any_list_element(offered, [&](std::string_view theirs) { return theirs == ours; })) return ours;
  return {};
}

Result<WebSocketUrl> read_websocket_url(std::string_view url) {
  const auto bad = fail(ErrorCode::BadRequest, "bad_url",
                        "Cannot open a WebSocket there: write the address like wss://host/path, without a user.");
  WebSocketUrl out;
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return bad;
  out.tls = equals_ignoring_case(url.substr(0, scheme), "wss");
  if (!out.tls && !equals_ignoring_case(url.substr(0, scheme), "ws")) return bad;
  url.remove_prefix(scheme + 3);
  const std::size_t path = std::min(url.find_first_of("/?#"), url.size());
  out.authority = url.substr(0, path);
  out.target = url.substr(path);
  const auto plain = [](unsigned char c) { return c > ' ' && c < 0x7f && c != '#'; };
  if (!is_valid_host(out.authority) || !std::ranges::all_of(out.target, plain)) return bad;
  if (!out.target.starts_with('/')) out.target.insert(0, "/");
  const std::size_t colon =
      out.authority.find(':', out.authority.find(']') == std::string::npos ? 0 : out.authority.find(']'));
  out.host = out.authority.substr(0, colon);
  out.port = colon == std::string::npos ? (out.tls ? "443" : "80") : out.authority.substr(colon + 1);
  if (out.host.starts_with('[')) out.host = out.host.substr(1, out.host.size() - 2);
  const auto digit = [](unsigned char c) { return c >= '0' && c <= '9'; };
  if (out.host.empty() || out.port.empty() || out.port.size() > 5 || !std::ranges::all_of(out.port, digit)) return bad;
  return out;
}

Result<std::string> upgrade_request(const WebSocketUrl& url, const Headers& headers, const WebSocketOptions& options,
                                    std::string_view key) {
  std::string out =
      "GET " + url.target + " HTTP/1.1\r\nHost: " + url.authority +
      "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
      std::string(key) + "\r\n";
  std::string offered;
  for (const std::string& subprotocol : options.subprotocols) offered += (offered.empty() ? "" : ", ") + subprotocol;
  Headers all = headers;
  if (!offered.empty()) all.add("Sec-WebSocket-Protocol", offered);
  for (const auto& [name, value] : all.all()) {
    if (name.empty() || name.find(':') != std::string::npos || has_line_break(name) || has_line_break(value))
      return fail(ErrorCode::BadRequest, "bad_header", "A header field of the request holds a line break or no name.");
    out += name + ": " + value + "\r\n";
  }
  return out + "\r\n";
}

Result<std::string> check_upgraded(const ResponseHead& head, const WebSocketOptions& options, std::string_view key) {
  const Headers& headers = head.headers;
  if (!lists(headers.joined("upgrade"), "websocket") || !lists(headers.joined("connection"), "upgrade"))
    return not_a_websocket("its answer upgrades to something else");
  if (headers.joined("sec-websocket-accept") != websocket_accept(key))
    return not_a_websocket("its answer does not fit our key");
  if (headers.count("sec-websocket-extensions") > 0) return not_a_websocket("it chose extensions nobody offered");
  std::string chosen = headers.joined("sec-websocket-protocol");
  if (!chosen.empty() && std::ranges::find(options.subprotocols, chosen) == options.subprotocols.end())
    return not_a_websocket("it chose a subprotocol nobody offered");
  return chosen;
}

}  // namespace swarma::net
