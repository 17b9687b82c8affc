// Parsed titles in memory, least recently used first to go, bounded by number and bytes. Safe for concurrent use.
#pragma once

#include <list>
#include <mutex>
#include <unordered_map>

#include "catalog/registry/registry.h"

namespace swarma::catalog::registry {

inline constexpr std::size_t kMaxCachedBytes = 64 << 20;

class ParsedTitles {
 public:
  /// Only if it is of this very revision; an older one is dropped.
  StoredTitlePtr find(const TitleId& id, std::int64_t revision);
  void put(StoredTitlePtr title);
  void forget(const TitleId& id);

 private:
  static std::size_t bytes_of(const StoredTitle& title) {
    return 2 * title.record_jws.size() + title.sealed.size() + 1'024;
  }
  void erase(std::unordered_map<TitleId, std::list<StoredTitlePtr>::iterator>::iterator entry);

  std::mutex mutex_;
  std::list<StoredTitlePtr> by_use_;  // most recent first
  std::unordered_map<TitleId, std::list<StoredTitlePtr>::iterator> by_id_;
  std::size_t bytes_ = 0;
};

}  // namespace swarma::catalog::registry
