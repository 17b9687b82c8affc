// catalog asks content: is every blob of a title here?
#pragma once

#include "catalog/registry/completeness.h"
#include "content/blob/blob_store.h"

namespace swarma::node {

class BlobPresenceByStore final : public catalog::registry::BlobPresence {
 public:
  explicit BlobPresenceByStore(content::blob::BlobStore& store) : store_(store) {}
  Result<std::optional<std::uint64_t>> has(const BlobId& id) override { return store_.touch(id); }
  Result<Bytes> read(const BlobId& id, std::size_t max_bytes) override { return store_.read(id, max_bytes); }
  Result<void> remove(const BlobId& id) override {
    SWARMA_RETURN_IF_ERROR(store_.remove(id));
    return {};
  }

 private:
  content::blob::BlobStore& store_;
};

}  // namespace swarma::node
