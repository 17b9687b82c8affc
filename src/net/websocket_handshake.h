// The opening handshake of a WebSocket (RFC 6455, 4) on both sides. Pure functions. Only net/ includes this.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "net/http.h"
#include "net/http_parser.h"
#include "net/websocket.h"

namespace swarma::net {

/// What Sec-WebSocket-Accept says to a key.
std::string websocket_accept(std::string_view key);

/// The 101 for a request. Unsupported "upgrade_required" when it does not ask for a WebSocket of version 13, BadRequest
/// "bad_request" when it asks in a wrong way or has a body. `head` says what `request` does not.
Result<Response> accept_upgrade(const Request& request, const RequestHead& head, const WebSocketOptions& options);
/// Our favourite among those the client offers; empty: none. Points into `options`.
std::string_view choose_subprotocol(const Request& request, const WebSocketOptions& options);

struct WebSocketUrl {
  bool tls = false;
  std::string host;  // without brackets
  std::string port;
  std::string authority;  // host[:port] as it was written
  std::string target;     // path and query
};
/// BadRequest "bad_url" if it is not a ws or wss address without user and fragment.
Result<WebSocketUrl> read_websocket_url(std::string_view url);

/// BadRequest "bad_header" if a header field holds a line break or no name.
Result<std::string> upgrade_request(const WebSocketUrl& url, const Headers& headers, const WebSocketOptions& options,
                                    std::string_view key);
/// The subprotocol that was agreed upon, or empty. Unavailable "not_a_websocket" if this 101 does not answer our key.
Result<std::string> check_upgraded(const ResponseHead& head, const WebSocketOptions& options, std::string_view key);

}  // namespace swarma::net
