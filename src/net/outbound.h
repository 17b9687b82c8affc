// HTTP to others without waiting: whatever asks somebody outside goes through here, and no thread is held meanwhile.
// One thread over libcurl carries all requests of an Outbound. Safe for concurrent use.
//
// An address that a stranger chose must not lead inside (SSRF): only public addresses are connected to,
// checked on the very address of the connection, so a name that changes its mind between two look-ups gains nothing.
// Proxies named in the environment are not used.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "net/http.h"
#include "net/outbound_limits.h"

namespace swarma::net {

class CurlLoop;

enum class Reach {
  Public,    // a stranger had a say in the address: only addresses that everybody can reach (net/address_guard.h)
  Anywhere,  // the operator wrote the address down
};

struct OutboundRequest {
  std::string method = "GET";
  std::string url;  // http or https; of a stranger without user and password
  Headers headers = {};
  std::string body = {};
};

struct SendOptions {
  Reach reach = Reach::Public;
  std::chrono::milliseconds timeout{10'000};  // from send() to done: waiting, names, redirects and all
  std::chrono::milliseconds connect_timeout{5'000};
  std::size_t max_response_bytes = 1 << 20;  // and 256 KiB of head
  /// Of GET and HEAD; any other method, and 0, gets the redirect itself as its answer. Each new address is checked as a
  /// stranger's, unless scheme, host and port stay. From https only to https. Another host gets none of the headers but
  /// Accept, Accept-Language and User-Agent.
  unsigned max_redirects = 0;
  std::string ca_file = {};  // PEM, of a server with a certificate of its own; empty: the outbound's
};

struct OutboundResponse {
  int status = 0;
  Headers headers;
  std::string body;
  std::string url;  // that answered: the one of the request, or where redirects led
};

struct OutboundOptions {
  OutboundLimits limits = {};
  std::string ca_file = {};    // PEM; empty: the system's
  AddressRule is_public = {};  // empty: is_public_address; tests have loopback only
};

class Outbound {
 public:
  /// Called once, on the outbound's thread, which serves all requests: it must not block (no database, no lock held for
  /// long: hand over to a worker), must not throw, and may call send().
  using Done = std::move_only_function<void(Result<OutboundResponse>)>;

  explicit Outbound(OutboundOptions options = {});
  /// Ends what is under way: each done hears Unavailable "stopped", and must then not send again. Not from a done.
  ~Outbound();
  Outbound(const Outbound&) = delete;

  /// Returns at once. Any status is a success. Errors, whose sentences name scheme, host and port only:
  /// BadRequest "bad_url", "bad_header"; Forbidden "address_refused": the address leads inside; TooLarge
  /// "response_too_large"; Unavailable "unreachable", "timed_out", "tls_failed", "too_many_redirects",
  /// "insecure_redirect", "outbound_busy" (too much is waiting; retry_after), "stopped".
  void send(OutboundRequest request, SendOptions options, Done done);

 private:
  friend class Mailer;
  OutboundOptions options_;
  std::unique_ptr<CurlLoop> loop_;
};

}  // namespace swarma::net
