// Open descriptors of hot blobs, so that serving one costs no open(). Least recently used go first. Safe for concurrent
// use; a descriptor stays open while somebody still reads through it.
#pragma once

#include <array>
#include <list>
#include <mutex>
#include <unordered_map>

#include "content/blob/blob_store.h"

namespace swarma::content::blob {

class DescriptorCache {
 public:
  explicit DescriptorCache(std::size_t capacity) : capacity_of_shard_((capacity + kShards - 1) / kShards) {}
  std::optional<OpenBlob> find(const BlobId& id);
  void put(const BlobId& id, const OpenBlob& blob);
  void forget(const BlobId& id);
  void clear();

 private:
  static constexpr std::size_t kShards = 16;  // threads that serve different blobs seldom wait for each other
  using Entry = std::pair<BlobId, OpenBlob>;
  struct Shard {
    std::mutex mutex;
    std::list<Entry> by_use;  // most recent first
    std::unordered_map<BlobId, std::list<Entry>::iterator> by_id;
  };
  Shard& shard_of(const BlobId& id) { return shards_[id.digest()[31] % kShards]; }

  std::size_t capacity_of_shard_;
  std::array<Shard, kShards> shards_;
};

}  // namespace swarma::content::blob
