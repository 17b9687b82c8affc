// The bytes of one connection, in the clear or under TLS, without waiting: every call does what it can now and says
// what to wait for before it is worth calling again. The caller owns the socket and does the waiting.
//
// This way a connection needs no buffer while it is idle, and one coroutine serves both kinds. Not safe for concurrent
// use.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

typedef struct ssl_ctx_st SSL_CTX;

namespace swarma::net {

enum class IoState {
  Done,       // `bytes` were moved
  WantRead,   // wait until the socket is readable, then call again
  WantWrite,  // wait until it is writable
  Closed,     // end of stream or a failure: the connection is over
};

struct IoResult {
  IoState state = IoState::Closed;
  std::size_t bytes = 0;  // with Done, more than 0
};

class Transport {
 public:
  virtual ~Transport() = default;
  /// Done when the connection is ready for use.
  virtual IoResult handshake() = 0;
  virtual IoResult read(std::span<char> into) = 0;
  /// Sends from the front of head, then body, as one stream; may stop anywhere. `more`: more will follow at once.
  /// After a Want… result the next write must begin with the same bytes.
  virtual IoResult write(std::string_view head, std::string_view body, bool more) = 0;
  virtual IoResult send_file(int file, std::uint64_t offset, std::uint64_t length) = 0;
  /// Bytes were received already and wait inside: read() before waiting for the socket.
  virtual bool has_buffered() const = 0;
  /// After a handshake that was Closed: why, for a sentence.
  virtual std::string failure() const = 0;
  /// Says goodbye as far as that goes without waiting.
  virtual void finish() = 0;
};

/// `socket` must be in non-blocking mode and outlive the transport.
std::unique_ptr<Transport> make_plain_transport(int socket);
std::unique_ptr<Transport> make_tls_transport(int socket, SSL_CTX* context);
/// The connecting side: `host`, a name or an address, must be what the server's certificate is for.
std::unique_ptr<Transport> make_tls_client_transport(int socket, SSL_CTX* context, const std::string& host);

}  // namespace swarma::net
