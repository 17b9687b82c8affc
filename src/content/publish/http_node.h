// A node as a destination, over HTTP: blobs by PUT /upload, the record by POST /v1/titles. Every request that changes
// something carries a DPoP proof by the creator's key (and the token, when the key only borrows the right).
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "content/publish/ports.h"
#include "crypto/keys.h"
#include "net/http_client.h"
#include "title/title_record.h"

namespace swarma::content::publish {

struct NodeClientOptions {
  std::string url;    // scheme://host[:port] of the node
  std::string token;  // swarma-token+jwt, empty for the owner's own key
  net::ClientOptions http;
  int attempts = 6;                            // of each request, when the node is busy or not reachable for a moment
  std::chrono::milliseconds first_pause{200};  // between attempts, doubling; longer where the node says how long
  std::chrono::seconds longest_pause{30};      // a node that asks for more is not waited for
};

/// What GET /v1/node says of a node.
struct NodeInfo {
  std::string name;
  std::string version;
  crypto::Did owner;
  title::KeyAgentRef agent;
};

/// Signed requests to one node: makes proofs, keeps the node's nonce, repeats what is safe to repeat. Safe for
/// concurrent use; calls block. References must outlive it.
class NodeClient {
 public:
  NodeClient(NodeClientOptions options, const crypto::SigningKey& key, const Clock& clock);

  /// Answers of 2xx. Others become Errors with the reason and the sentence of the node's problem document.
  /// `body_digest`: base64url SHA-256 of the body when it is known already, otherwise empty.
  Result<net::ClientResponse> send_signed(const std::string& method, const std::string& path,
                                          const net::Headers& headers, std::string_view body,
                                          std::string body_digest = {});
  /// Asks who the node is, and keeps the nonce it hands out. Corrupt ("not_a_node") when it answers something else.
  Result<NodeInfo> read_node();
  /// Unsigned; any status is a success.
  Result<net::ClientResponse> send_plain(const std::string& method, const std::string& path);
  std::vector<Result<net::ClientResponse>> head_all(std::span<const std::string> paths);
  const std::string& url() const { return options_.url; }

 private:
  Result<net::ClientResponse> send_once(const std::string& method, const std::string& path, const net::Headers& headers,
                                        std::string_view body, const std::string& body_digest);
  std::string nonce() const;
  void keep_nonce(const net::ClientResponse& response);

  NodeClientOptions options_;
  const crypto::SigningKey& key_;
  const Clock& clock_;
  net::HttpClient http_;
  mutable std::mutex mutex_;
  std::string nonce_;
};

/// Asks the node to remove what was new there (POST /v1/blobs/discard).
Result<void> discard_blobs(NodeClient& node, std::span<const NewBlob> blobs);

/// Uploads on `connections` threads; at most `max_waiting_bytes` (and one blob more) wait in memory.
std::unique_ptr<BlobSink> make_http_blob_sink(NodeClient& node, unsigned connections = 4,
                                              std::size_t max_waiting_bytes = 32u << 20);

class HttpTitlePort final : public TitlePort {
 public:
  explicit HttpTitlePort(NodeClient& node) : node_(node) {}
  Result<void> publish(std::string_view record_jws, std::string_view sealed_jwe) override;

 private:
  NodeClient& node_;
};

}  // namespace swarma::content::publish
