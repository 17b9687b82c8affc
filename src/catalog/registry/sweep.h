// Removes what half-finished publishes and unpublished titles leave behind: blobs that no visible title names.
#pragma once

#include <functional>

#include "base/clock.h"
#include "base/ids.h"
#include "catalog/registry/blob_claim.h"

namespace swarma::catalog::registry {

class TitleRegistry;

/// What the sweep asks of the node's blob store (node/bridges fits them together).
class SweptBlobs {
 public:
  virtual ~SweptBlobs() = default;
  /// Every blob; stops when `visit` returns false. `visit` may remove the blob it is given.
  virtual Result<void> list(const std::function<bool(const BlobId&, std::uint64_t size)>& visit) = 0;
  /// Removes the blob if it was last written or asked for (BlobPresence::has) in [not_before, before); true if it went.
  virtual Result<bool> remove_if_last_used(const BlobId& id, Instant not_before, Instant before) = 0;
};

/// Names held in memory at once (8 bytes each); a larger catalog is swept in several passes over ranges of names.
inline constexpr std::size_t kMaxNamesPerPass = 8'000'000;

struct SweepReport {
  std::uint64_t seen = 0;
  std::uint64_t removed = 0;
  std::uint64_t removed_bytes = 0;
};

/// Removes nothing while the database has never had a title: it may be a fresh one beside an old blob folder, and
/// deleting would lose the old titles.
/// `bounds`: what BlobClaim::look() allows; nothing goes while it names an obstacle.
Result<SweepReport> sweep_orphans(SweptBlobs& blobs, TitleRegistry& registry, const SweepBounds& bounds,
                                  std::size_t max_names_per_pass = kMaxNamesPerPass);

}  // namespace swarma::catalog::registry
