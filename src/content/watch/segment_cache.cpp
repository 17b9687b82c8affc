#include "content/watch/segment_cache.h"

namespace swarma::content::watch {

Result<std::shared_ptr<const Bytes>> SegmentCache::get(std::size_t track, Slot slot) {
  const Key key{track, slot};
  std::unique_lock lock(mutex_);
  while (true) {
    if (const auto found = index_.find(key); found != index_.end()) {
      by_use_.splice(by_use_.begin(), by_use_, found->second);
      return found->second->second;
    }
    if (under_way_.insert(key).second) break;
    made_.wait(lock);
  }
  lock.unlock();
  auto segment = reader_.read_segment(track, slot);
  lock.lock();
  under_way_.erase(key);
  made_.notify_all();
  if (!segment) return std::unexpected(segment.error());
  auto bytes = std::make_shared<const Bytes>(*std::move(segment));
  keep(key, bytes);
  return bytes;
}

void SegmentCache::keep(const Key& key, const std::shared_ptr<const Bytes>& bytes) {
  by_use_.emplace_front(key, bytes);
  index_[key] = by_use_.begin();
  bytes_ += bytes->size();
  while (bytes_ > max_bytes_ && by_use_.size() > 1) {
    bytes_ -= by_use_.back().second->size();
    index_.erase(by_use_.back().first);
    by_use_.pop_back();
  }
}

}  // namespace swarma::content::watch
