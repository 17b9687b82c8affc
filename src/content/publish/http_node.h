// A node as a destination, over HTTP: blobs by PUT /upload, the record by POST /v1/titles.
#pragma once

#include <memory>

#include "client/node.h"
#include "content/publish/ports.h"

namespace swarma::content::publish {

/// Asks the node to remove what was new there (POST /v1/blobs/discard).
Result<void> discard_blobs(client::Node& node, std::span<const NewBlob> blobs);

/// Uploads on `connections` threads; at most `max_waiting_bytes` (and one blob more) wait in memory.
std::unique_ptr<BlobSink> make_http_blob_sink(client::Node& node, unsigned connections = 4,
                                              std::size_t max_waiting_bytes = 32u << 20);

class HttpPublishPort final : public PublishPort {
 public:
  /// What a key agent that is not the node's own says to a record and its sealed package: its acceptance.
  using Accept = std::function<Result<std::string>(const std::string& record_jws, const std::string& sealed_jwe)>;

  explicit HttpPublishPort(client::Node& node, Accept accept = {}) : node_(node), accept_(std::move(accept)) {}
  Result<void> publish(std::string_view record_jws, std::string_view sealed_jwe) override;

 private:
  client::Node& node_;
  const Accept accept_;
};

}  // namespace swarma::content::publish
