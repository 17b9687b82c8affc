// Inside access/unlock: signed JSON requests to a node. Keeps the node's DPoP nonce; turns problem responses into
// Errors.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/json.h"
#include "crypto/keys.h"
#include "net/http_client.h"

namespace swarma::access::unlock {

class NodeClient {
 public:
  NodeClient(net::HttpClient& http, std::string node_url, const Clock& clock, const crypto::SigningKey& key)
      : http_(http), url_(std::move(node_url)), clock_(clock), key_(key) {}

  /// POST with a DPoP proof and an Idempotency-Key. A 401 that only asks for a nonce is answered once; a node that asks
  /// for a few seconds' patience (503, request_in_progress) is given them, twice at most. The Error of a
  /// refusal has the problem's reason and its sentences, with what would help.
  Result<Json> post(const std::string& path, const Json& body);

 private:
  Result<net::ClientResponse> send_with_nonce(const std::string& url, const std::string& body,
                                              const std::string& idempotency_key);
  Result<net::ClientResponse> send(const std::string& url, const std::string& body, const std::string& idempotency_key);

  net::HttpClient& http_;
  std::string url_;
  const Clock& clock_;
  const crypto::SigningKey& key_;
  std::string nonce_;
};

}  // namespace swarma::access::unlock
