// Outbound HTTP over libcurl: keep-alive, one TLS policy, limits on everything. Calls block; safe for concurrent use.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>

#include "net/http.h"

namespace swarma::net {

struct ClientOptions {
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds timeout{60'000};  // whole exchange
  std::size_t max_response_bytes = 256 << 20;
  std::string ca_file;        // empty: the system's
  unsigned max_parallel = 8;  // for send_all
};

struct ClientRequest {
  std::string method = "GET";
  std::string url;
  Headers headers;
  std::string_view body;  // must outlive the call
};

struct ClientResponse {
  int status = 0;
  Headers headers;
  std::string body;
};

class HttpClient {
 public:
  explicit HttpClient(ClientOptions options = {});
  ~HttpClient();
  /// Any status is a success here. Unavailable ("unreachable", "timed_out", "tls_failed") when there was no answer.
  Result<ClientResponse> send(const ClientRequest& request);
  /// Several at once on parallel keep-alive connections; results in the order of the requests.
  std::vector<Result<ClientResponse>> send_all(std::span<const ClientRequest> requests);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace swarma::net
