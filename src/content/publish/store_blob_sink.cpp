#include "content/publish/store_blob_sink.h"

#include "content/publish/blob_queue.h"

namespace swarma::content::publish {

std::unique_ptr<BlobSink> make_store_blob_sink(std::shared_ptr<blob::BlobStore> store, unsigned threads,
                                               std::size_t max_waiting_bytes) {
  const auto deliver = [store](const BlobId& id, ByteView bytes) { return store->put_hashed(id, bytes); };
  const auto find_missing = [store](std::span<const BlobId> ids) -> Result<std::vector<BlobId>> {
    std::vector<BlobId> missing;
    for (const BlobId& id : ids) {
      SWARMA_TRY(const auto size, store->find_size(id));
      if (!size) missing.push_back(id);
    }
    return missing;
  };
  return std::make_unique<BlobQueue>(threads, max_waiting_bytes, deliver, find_missing);
}

}  // namespace swarma::content::publish
