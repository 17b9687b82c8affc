// Signed requests to one node. Each carries a DPoP proof by the caller's key (and the token, when the key only borrows
// the right) and the nonce that the node handed out last. What a node in trouble could not do is asked again.
#pragma once

#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "client/node_info.h"
#include "client/patience.h"

namespace swarma::client {

struct NodeOptions {
  std::string url;    // scheme://host[:port] of the node
  std::string token;  // swarma-token+jwt, empty for the owner's own key
  Patience patience;
};

/// Safe for concurrent use; calls block. References must outlive it.
class Node {
 public:
  Node(net::HttpClient& http, NodeOptions options, const crypto::SigningKey& key, const Clock& clock);

  /// Answers of 2xx. Others become Errors with the reason and the sentences of the node's problem document. The request
  /// must be safe to repeat: it is sent again when nobody answers, the node is busy (408, 429, 5xx) or still at work on
  /// an earlier copy ("request_in_progress").
  /// `body_digest`: base64url SHA-256 of the body when it is known already, otherwise empty.
  Result<net::ClientResponse> send_signed(const std::string& method, const std::string& path,
                                          const net::Headers& headers, std::string_view body,
                                          std::string body_digest = {});
  /// POST of JSON with an Idempotency-Key of its own, answered by a JSON object. Corrupt ("answer_bad"), TooLarge
  /// ("answer_too_large").
  Result<Json> post(const std::string& path, const Json& body);

  /// Asks who the node is, and keeps the nonce it hands out.
  Result<NodeInfo> read_info();
  /// Unsigned; any status is a success.
  Result<net::ClientResponse> send_plain(const std::string& method, const std::string& path);
  std::vector<Result<net::ClientResponse>> head_all(std::span<const std::string> paths);
  const std::string& url() const { return options_.url; }

 private:
  Result<net::ClientResponse> send_once(const std::string& method, const std::string& path, const net::Headers& headers,
                                        std::string_view body, const std::string& body_digest);
  std::string nonce() const;
  void keep_nonce(std::string_view nonce);

  net::HttpClient& http_;
  NodeOptions options_;
  const crypto::SigningKey& key_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::string nonce_;
};

}  // namespace swarma::client
