#include "net/transport.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

namespace swarma::net {
namespace {

// One call moves at most this much of a file, so that one fast reader does not hold a loop for long.
constexpr std::uint64_t kMaxSendfile = 2 << 20;
// A TLS record holds 16 KB; a few per read of the file, and few enough that they stay in the cache of a core.
constexpr std::size_t kTlsFilePiece = 64 * 1024;

IoResult from_errno(IoState when_busy) {
  const bool busy = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  return {busy ? when_busy : IoState::Closed, 0};
}

class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(int socket) : socket_(socket) {}

  IoResult handshake() override { return {IoState::Done, 0}; }

  IoResult read(std::span<char> into) override {
    const ssize_t got = ::recv(socket_, into.data(), into.size(), MSG_DONTWAIT);
    if (got < 0) return from_errno(IoState::WantRead);
    return {got == 0 ? IoState::Closed : IoState::Done, static_cast<std::size_t>(got)};
  }

  IoResult write(std::string_view head, std::string_view body, bool more) override {
    std::array<iovec, 2> parts{iovec{const_cast<char*>(head.data()), head.size()},
                               iovec{const_cast<char*>(body.data()), body.size()}};
    msghdr message{};
    message.msg_iov = head.empty() ? &parts[1] : parts.data();
    message.msg_iovlen = head.empty() || body.empty() ? 1 : 2;
    const ssize_t sent = ::sendmsg(socket_, &message, MSG_DONTWAIT | MSG_NOSIGNAL | (more ? MSG_MORE : 0));
    if (sent < 0) return from_errno(IoState::WantWrite);
    return {IoState::Done, static_cast<std::size_t>(sent)};
  }

  IoResult send_file(int file, std::uint64_t offset, std::uint64_t length) override {
    off_t position = static_cast<off_t>(offset);
    const ssize_t sent = ::sendfile(socket_, file, &position, std::min(length, kMaxSendfile));
    if (sent < 0) return from_errno(IoState::WantWrite);
    return {sent == 0 ? IoState::Closed : IoState::Done, static_cast<std::size_t>(sent)};  // 0: the file was cut short
  }

  bool has_buffered() const override { return false; }
  std::string failure() const override { return "the connection was closed"; }
  void finish() override {}

 private:
  int socket_;
};

/// Per thread: the piece of a file on its way into TLS. Between calls nothing in it is needed.
std::vector<char>& file_piece() {
  thread_local std::vector<char> piece(kTlsFilePiece);
  return piece;
}

class TlsTransport final : public Transport {
 public:
  TlsTransport(int socket, SSL_CTX* context) : socket_(socket), ssl_(SSL_new(context)) {
    if (!ssl_ || SSL_set_fd(ssl_, socket) != 1) failed_ = true;
    if (!failed_) SSL_set_accept_state(ssl_);
  }
  TlsTransport(int socket, SSL_CTX* context, const std::string& host) : TlsTransport(socket, context) {
    if (failed_) return;
    SSL_set_connect_state(ssl_);
    X509_VERIFY_PARAM* const verify = SSL_get0_param(ssl_);
    X509_VERIFY_PARAM_set_hostflags(verify, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const bool is_address = X509_VERIFY_PARAM_set1_ip_asc(verify, host.c_str()) == 1;
    failed_ =
        !is_address && (SSL_set1_host(ssl_, host.c_str()) != 1 || SSL_set_tlsext_host_name(ssl_, host.c_str()) != 1);
  }
  ~TlsTransport() override { SSL_free(ssl_); }
  TlsTransport(const TlsTransport&) = delete;

  IoResult handshake() override {
    if (failed_) return {};
    ERR_clear_error();
    const int code = SSL_do_handshake(ssl_);
    if (code == 1) return {IoState::Done, 0};
    if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST) say_this_is_tls();
    return outcome(code);
  }

  IoResult read(std::span<char> into) override {
    if (failed_) return {};
    ERR_clear_error();
    std::size_t got = 0;
    const int code = SSL_read_ex(ssl_, into.data(), into.size(), &got);
    return code == 1 ? IoResult{IoState::Done, got} : outcome(code);
  }

  IoResult write(std::string_view head, std::string_view body, bool) override {
    return put(head.empty() ? body : head);
  }

  IoResult send_file(int file, std::uint64_t offset, std::uint64_t length) override {
    std::vector<char>& piece = file_piece();
    const ssize_t got =
        ::pread(file, piece.data(), std::min<std::uint64_t>(length, piece.size()), static_cast<off_t>(offset));
    if (got <= 0) return {};  // a failing disk, or the file was cut short
    std::string_view rest(piece.data(), static_cast<std::size_t>(got));
    IoResult last;
    do {  // each write takes one record
      last = put(rest);
      rest.remove_prefix(last.bytes);
    } while (last.state == IoState::Done && !rest.empty());
    const std::size_t sent = static_cast<std::size_t>(got) - rest.size();
    return sent > 0 ? IoResult{IoState::Done, sent} : last;
  }

  bool has_buffered() const override { return !failed_ && SSL_has_pending(ssl_) == 1; }

  std::string failure() const override {
    const long verified = ssl_ ? SSL_get_verify_result(ssl_) : X509_V_OK;
    return verified == X509_V_OK ? "the handshake failed" : X509_verify_cert_error_string(verified);
  }

  void finish() override {
    if (failed_ || !SSL_is_init_finished(ssl_)) return;
    ERR_clear_error();
    SSL_shutdown(ssl_);  // sends close_notify; the peer's is not awaited
  }

 private:
  IoResult put(std::string_view bytes) {
    if (failed_) return {};
    ERR_clear_error();
    std::size_t sent = 0;
    const int code = SSL_write_ex(ssl_, bytes.data(), bytes.size(), &sent);
    return code == 1 ? IoResult{IoState::Done, sent} : outcome(code);
  }

  IoResult outcome(int code) {
    switch (SSL_get_error(ssl_, code)) {
      case SSL_ERROR_WANT_READ:
        return {IoState::WantRead, 0};
      case SSL_ERROR_WANT_WRITE:
        return {IoState::WantWrite, 0};
      default:
        failed_ = true;
        return {};
    }
  }

  /// Somebody typed http:// for an https:// address: a sentence instead of a torn connection.
  void say_this_is_tls() {
    static constexpr std::string_view kAnswer =
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: 64\r\n\r\n"
        "This address speaks TLS only: use https:// instead of http://.\r\n";
    [[maybe_unused]] const ssize_t sent = ::send(socket_, kAnswer.data(), kAnswer.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }

  int socket_;
  SSL* ssl_;
  bool failed_ = false;
};

}  // namespace

std::unique_ptr<Transport> make_plain_transport(int socket) {
  return std::make_unique<PlainTransport>(socket);
}
std::unique_ptr<Transport> make_tls_transport(int socket, SSL_CTX* context) {
  return std::make_unique<TlsTransport>(socket, context);
}
std::unique_ptr<Transport> make_tls_client_transport(int socket, SSL_CTX* context, const std::string& host) {
  return std::make_unique<TlsTransport>(socket, context, host);
}

}  // namespace swarma::net
