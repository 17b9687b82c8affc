// Parsed titles in memory, least recently used first to go, bounded by number and bytes. Safe for concurrent use.
#pragma once

#include <list>
#include <mutex>
#include <unordered_map>

#include "base/ids.h"
#include "catalog/registry/listed_title.h"

namespace swarma::catalog::registry {

inline constexpr std::size_t kMaxCachedTitles = 4'096;
inline constexpr std::size_t kMaxCachedBytes = 64 << 20;

class TitleCache {
 public:
  /// Only if it is of this very revision; an older one is dropped.
  ListedTitlePtr find(const TitleId& id, std::int64_t revision);
  void put(ListedTitlePtr title);
  void forget(const TitleId& id);

 private:
  static std::size_t bytes_of(const ListedTitle& title) {
    return 2 * title.record_jws.size() + title.sealed.size() + 1'024;
  }
  void erase(std::unordered_map<TitleId, std::list<ListedTitlePtr>::iterator>::iterator entry);

  std::mutex mutex_;
  std::list<ListedTitlePtr> by_use_;  // most recent first
  std::unordered_map<TitleId, std::list<ListedTitlePtr>::iterator> by_id_;
  std::size_t bytes_ = 0;
};

}  // namespace swarma::catalog::registry
