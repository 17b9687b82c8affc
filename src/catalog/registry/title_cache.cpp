#include "catalog/registry/title_cache.h"

namespace swarma::catalog::registry {

ListedTitlePtr TitleCache::find(const TitleId& id, std::int64_t revision) {
  const std::lock_guard lock(mutex_);
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return nullptr;
  const std::int64_t held = (*found->second)->record.revision;
  if (held == revision) {
    by_use_.splice(by_use_.begin(), by_use_, found->second);
    return *found->second;
  }
  if (held < revision) erase(found);
  return nullptr;
}

void TitleCache::put(ListedTitlePtr title) {
  const std::lock_guard lock(mutex_);
  if (const auto found = by_id_.find(title->record.id); found != by_id_.end()) {
    if ((*found->second)->record.revision > title->record.revision) return;
    erase(found);
  }
  bytes_ += bytes_of(*title);
  by_use_.push_front(std::move(title));
  by_id_.emplace(by_use_.front()->record.id, by_use_.begin());
  while (by_use_.size() > kMaxCachedTitles || (bytes_ > kMaxCachedBytes && by_use_.size() > 1))
    erase(by_id_.find(by_use_.back()->record.id));
}

void TitleCache::forget(const TitleId& id) {
  const std::lock_guard lock(mutex_);
  if (const auto found = by_id_.find(id); found != by_id_.end()) erase(found);
}

void TitleCache::erase(std::unordered_map<TitleId, std::list<ListedTitlePtr>::iterator>::iterator entry) {
  bytes_ -= bytes_of(**entry->second);
  by_use_.erase(entry->second);
  by_id_.erase(entry);
}

}  // namespace swarma::catalog::registry
