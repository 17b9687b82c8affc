#include "content/blob/descriptor_cache.h"

namespace swarma::content::blob {

std::optional<OpenBlob> DescriptorCache::find(const BlobId& id) {
  Shard& shard = shard_of(id);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.by_id.find(id);
  if (found == shard.by_id.end()) return std::nullopt;
  shard.by_use.splice(shard.by_use.begin(), shard.by_use, found->second);
  return found->second->second;
}

void DescriptorCache::put(const BlobId& id, const OpenBlob& blob) {
  if (capacity_of_shard_ == 0) return;
  Shard& shard = shard_of(id);
  const std::lock_guard lock(shard.mutex);
  if (shard.by_id.contains(id)) return;
  while (shard.by_use.size() >= capacity_of_shard_) {
    shard.by_id.erase(shard.by_use.back().first);
    shard.by_use.pop_back();
  }
  shard.by_use.emplace_front(id, blob);
  shard.by_id.emplace(id, shard.by_use.begin());
}

void DescriptorCache::forget(const BlobId& id) {
  Shard& shard = shard_of(id);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.by_id.find(id);
  if (found == shard.by_id.end()) return;
  shard.by_use.erase(found->second);
  shard.by_id.erase(found);
}

void DescriptorCache::clear() {
  for (Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    shard.by_id.clear();
    shard.by_use.clear();
  }
}

}  // namespace swarma::content::blob
