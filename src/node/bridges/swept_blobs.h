// catalog asks content: which blobs are there, and take this one away if nobody used it lately.
#pragma once

#include "catalog/registry/sweep.h"
#include "content/blob/blob_store.h"

namespace swarma::node {

class StoreSweptBlobs final : public catalog::registry::SweptBlobs {
 public:
  explicit StoreSweptBlobs(content::blob::BlobStore& store) : store_(store) {}
  Result<void> list(const std::function<bool(const BlobId&, std::uint64_t)>& visit) override {
    return store_.list(visit);
  }
  Result<bool> remove_if_unused_since(const BlobId& id, Instant since) override {
    return store_.remove_if_unused_since(id, since);
  }

 private:
  content::blob::BlobStore& store_;
};

}  // namespace swarma::node
