// What can be chosen of an HTTP server.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/options.h"

namespace swarma::net {

struct ServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free port
  unsigned loops = 0;      // 0: one per core
  unsigned workers = 4;
  std::size_t max_header_bytes = 16 * 1024;
  std::size_t max_connections = 20'000;
  std::size_t max_connections_per_address = 4'096;  // loopback is exempt
  std::chrono::seconds header_timeout{10};          // from the first byte of a request to the end of its head
  std::chrono::seconds idle_timeout{75};            // between requests
  std::chrono::seconds body_timeout{30};            // without a byte in either direction while one is due
  std::chrono::seconds drain_timeout{10};
  std::uint64_t min_read_rate = 1024;    // bytes a second that the reader of a body takes at least; 0: any
  std::chrono::seconds read_window{60};  // over which that is measured; event streams are exempt
  std::string certificate_file;          // PEM chain; with key_file: TLS only
  std::string key_file;
  bool strict_transport = false;             // tell browsers to come back with https only (RFC 6797); with TLS
  std::string public_url;                    // empty: http(s)://Host header
  std::vector<std::string> trusted_proxies;  // addresses whose X-Forwarded-For is believed
};

/// Those that an operator chooses: all but host, port, certificate and key.
void describe(OptionSet& options, ServerOptions& server);

}  // namespace swarma::net
