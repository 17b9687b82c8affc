#include "content/publish/store_blob_sink.h"

#include "content/publish/blob_queue.h"

namespace swarma::content::publish {

std::unique_ptr<BlobSink> make_store_blob_sink(std::shared_ptr<blob::BlobStore> store, DiscardBlobs discard,
                                               unsigned threads, std::size_t max_waiting_bytes) {
  const auto deliver = [store](const BlobId& id, ByteView bytes) { return store->put_hashed(id, bytes); };
  const auto find_missing = [store](std::span<const BlobId> ids) -> Result<std::vector<BlobId>> {
    std::vector<BlobId> missing;
    for (const BlobId& id : ids) {
      const auto blob = store->open(id);  // which looks at its size too
      if (!blob && blob.error().code != ErrorCode::NotFound) return std::unexpected(blob.error());
      if (!blob) missing.push_back(id);
    }
    return missing;
  };
  return std::make_unique<BlobQueue>(threads, max_waiting_bytes, deliver, find_missing, std::move(discard));
}

}  // namespace swarma::content::publish
