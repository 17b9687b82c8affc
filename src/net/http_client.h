// Outbound HTTP over libcurl: keep-alive, one TLS policy, limits on everything. Calls block; safe for concurrent use.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "net/exchange.h"

namespace swarma::net {

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
