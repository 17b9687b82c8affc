// What a node does for its blobs beside serving them: removes orphans that are certainly its own, looks for damage, and
// says what it found.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "catalog/registry/registry.h"
#include "content/blob/scrub.h"
#include "node/bridges/swept_blobs_by_store.h"
#include "node/config.h"

namespace swarma::node {

class BlobCare {
 public:
  /// Claims the store for this database. The references outlive it.
  static Result<std::unique_ptr<BlobCare>> open(const std::filesystem::path& folder, content::blob::BlobStore& store,
                                                db::Database& database, catalog::registry::TitleRegistry& registry,
                                                const Clock& clock);

  /// Any thread: the store remembers a title that became visible.
  void note_title(const TitleId& id, std::int64_t revision);
  /// Removes what half-finished publishes and withdrawn titles left behind a week ago. Every hour, from one thread.
  void sweep();
  /// Reads a part of the blobs again. Every minute, from one thread.
  void scrub();
  bool is_held_back() const { return held_back_; }
  std::uint64_t count_damaged() const;

 private:
  BlobCare(content::blob::StoreNotes notes, content::blob::BlobStore& store, db::Database& database,
           catalog::registry::TitleRegistry& registry, const Clock& clock);

  content::blob::BlobStore& store_;
  catalog::registry::TitleRegistry& registry_;
  FolderMemory memory_;
  catalog::registry::BlobClaim claim_;
  content::blob::Scrubber scrubber_;
  std::atomic<bool> held_back_{false};
};

/// For the operator, beside a running node or without one.
struct BlobHealth {
  std::string obstacle;  // why nothing is swept; empty: nothing stands in the way
  std::vector<BlobId> damaged;
  std::uint64_t verified = 0;
};
/// `verify`: reads and hashes every blob.
Result<BlobHealth> check_blobs(const Config& config, bool verify);
/// Makes the database the only one whose titles count for the blob folder.
Result<void> adopt_blobs(const Config& config);

}  // namespace swarma::node
