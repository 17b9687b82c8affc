// Decrypted segments in memory for a player that asks over HTTP: each is made once for all who wait for it, the least
// recently used go first. Never on disk.
#pragma once

#include <condition_variable>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <utility>

#include "content/watch/segment_reader.h"

namespace swarma::content::watch {

/// Safe for concurrent use.
class SegmentCache {
 public:
  SegmentCache(SegmentReader& reader, std::size_t max_bytes) : reader_(reader), max_bytes_(max_bytes) {}
  Result<std::shared_ptr<const Bytes>> get(std::size_t track, Slot slot);

 private:
  using Key = std::pair<std::size_t, Slot>;
  void keep(const Key& key, const std::shared_ptr<const Bytes>& bytes);

  SegmentReader& reader_;
  const std::size_t max_bytes_;
  std::mutex mutex_;
  std::condition_variable made_;
  std::set<Key> under_way_;
  std::list<std::pair<Key, std::shared_ptr<const Bytes>>> by_use_;  // the latest first
  std::map<Key, decltype(by_use_)::iterator> index_;
  std::size_t bytes_ = 0;
};

}  // namespace swarma::content::watch
