// The titles of a node: signed records with their sealed packages, found by id, listed newest first, searched as one
// types.
//
// Several nodes share one database, so the database decides; memory only keeps parsed records, checked against the
// revision there on each use. Safe for concurrent use.
//
// Search folds case, accents and width, and matches the beginnings of words; scripts written without spaces match
// anywhere (fold.h). It is the same on both engines, because the folding is ours and the index a plain table.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "catalog/registry/completeness.h"
#include "catalog/registry/listed_title.h"
#include "db/database.h"

namespace swarma::catalog::registry {

inline constexpr std::size_t kMaxQueryCharacters = 200;
inline constexpr std::size_t kMaxPageSize = 100;

std::span<const db::Migration> migrations();

struct Page {
  std::vector<ListedTitlePtr> titles;
  std::string next;  // cursor of the following page; empty at the end
};

struct NamedBlobs {
  bool ever_published = false;  // false: a fresh database
  std::uint64_t count = 0;      // over all visible titles; shared ones count for each
};

enum class Published { New, Repeated };  // Repeated: this very record is the present one already; nothing was changed

inline constexpr std::int64_t kUnlockDays = 90;

class TitleRegistry {
 public:
  /// Both must outlive it. The migrations have been applied.
  TitleRegistry(db::Database& database, const Clock& clock);
  ~TitleRegistry();

  /// Makes a verified record visible, in one durable transaction. `complete` is what check_complete said of it, and
  /// `also` whatever must become true at the same moment (it may run several times; not for a repeated record).
  /// Conflict ("record_older") unless its revision is above every one this title ever had here, unpublished ones
  /// included.
  Result<Published> publish(std::string_view record_jws, const title::TitleRecord& record, std::string_view sealed,
                            const CompleteTitle& complete, const std::function<Result<void>(db::Session&)>& also = {});

  /// NotFound ("title_not_found", or "title_withdrawn" if it was here once).
  Result<ListedTitlePtr> get(const TitleId& id);
  /// The current revision: one small read.
  Result<std::optional<std::int64_t>> find_revision(const TitleId& id);
  Result<std::optional<std::int64_t>> find_revision(db::Session& session, const TitleId& id);

  /// Titles in which every word of `query` begins a word of the name, summary, tags or creator, in any of the title's
  /// languages: best first (names before tags before summaries), then newest. An empty query lists all, newest first.
  /// The work of one search is bounded: of beginnings that more than some thousand titles share, only that many are
  /// ranked. `cursor` is Page::next of the page before; titles published meanwhile neither repeat nor hide others.
  /// BadRequest ("bad_cursor", "query_too_long").
  Result<Page> search(std::string_view query, std::size_t limit, std::string_view cursor = {});

  /// Record, sealed package and index go; a tombstone keeps the revision, so that an older record never comes back.
  /// `also` as in publish(). NotFound ("title_not_found", "title_withdrawn").
  Result<void> unpublish(const TitleId& id, const std::function<Result<void>(db::Session&)>& also = {});

  /// How often a title was unlocked, over all its revisions. Counted in the transaction of the unlock. Numbers only:
  /// nothing of it says who.
  Result<void> count_unlock(db::Session& session, const TitleId& id, std::string_view path);
  Result<std::int64_t> find_unlocks(const TitleId& id);

  /// The same by path and day (UTC), of the last kUnlockDays days, oldest first; days without any are left out.
  struct UnlockDay {
    Instant day;  // its beginning
    std::string path;
    std::int64_t unlocks = 0;
  };
  Result<std::vector<UnlockDay>> list_unlock_days(const TitleId& id);

  /// Every title that is or was visible, with its highest revision.
  struct KnownTitle {
    std::int64_t revision = 0;
    bool visible = false;
  };
  Result<std::map<TitleId, KnownTitle>> list_revisions();

  Result<NamedBlobs> count_blobs();
  /// Every blob that visible titles name and whose first byte lies in [first, last], one title at a time.
  Result<void> list_blobs(std::uint8_t first, std::uint8_t last, const std::function<void(const BlobId&)>& visit);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace swarma::catalog::registry
