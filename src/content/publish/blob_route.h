// Where the blobs of a publish go.
#pragma once

#include <filesystem>
#include <memory>

#include "content/publish/http_node.h"

namespace swarma::content::publish {

/// Straight into `folder` if the node works on it, as when a creator publishes in the home of their own node: sending
/// the bytes to oneself would only read, hash and copy them once more. Otherwise over HTTP. At most `connections` at
/// once. The node must outlive it.
Result<std::unique_ptr<BlobSink>> choose_blob_sink(client::Node& node, const std::filesystem::path& folder,
                                                   unsigned connections);

}  // namespace swarma::content::publish
