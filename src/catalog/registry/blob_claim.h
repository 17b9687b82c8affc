// Whether this database may remove blobs of its store, and which: a blob that no title here names may belong to a film
// that only another database, or a newer state of this one, knows of.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "db/database.h"

namespace swarma::catalog::registry {

class TitleRegistry;
using TitleRevision = std::pair<TitleId, std::int64_t>;

/// What is asked of the store's own memory (content/blob/store_notes.h; node/bridges fits them together).
class StoreMemory {
 public:
  virtual ~StoreMemory() = default;
  /// Notes that this database uses the store; since when. Older blobs are not its own.
  virtual Result<Instant> claim(const std::string& database) = 0;
  virtual Result<std::vector<std::string>> list_databases() = 0;
  virtual Result<std::vector<TitleRevision>> list_titles() = 0;
  virtual Result<void> note_title(const TitleRevision& title) = 0;
  virtual Result<void> forget_title(const TitleRevision& title) = 0;
  virtual Result<void> adopt(const std::string& database) = 0;
};

/// Blobs that no title names are kept this long after their last use.
inline constexpr std::chrono::days kOrphanAge{7};

/// Blobs last used in [not_before, before) may go if no title names them.
struct SweepBounds {
  Instant not_before, before;
  std::string held_back;  // why nothing may go at all: a sentence for the operator; empty if something may
};

/// Safe for concurrent use, also by several nodes on one database. The references outlive it.
class BlobClaim {
 public:
  BlobClaim(db::Database& database, TitleRegistry& registry, StoreMemory& store, const Clock& clock)
      : database_(database), registry_(registry), store_(store), clock_(clock) {}

  /// Call when a title has become visible: the store remembers it.
  Result<void> note_title(const TitleRevision& title) { return store_.note_title(title); }

  /// Notes in the store that this database uses it, and the titles that are visible here.
  Result<void> claim();

  /// Why nothing may be swept; empty if something may. Changes nothing.
  Result<std::string> find_obstacle();

  /// Takes one look at the clock, and says what a sweep may remove now: what nobody has used for kOrphanAge. Between
  /// two looks at most a day counts, so a clock that is set forward ages nothing by more than that.
  Result<SweepBounds> look();

  /// The operator's word that this database is the only one, and right: what only others know becomes garbage, and goes
  /// in a week at the earliest.
  Result<void> adopt();

 private:
  Result<std::string> find_database_id();  // empty: a database that no node has opened
  Result<std::string> make_database_id();

  db::Database& database_;
  TitleRegistry& registry_;
  StoreMemory& store_;
  const Clock& clock_;
};

}  // namespace swarma::catalog::registry
