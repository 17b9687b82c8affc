// Reads all blobs again, a little at a time, and finds those that the disk has damaged (BlobStore::verify sets them
// aside).
#pragma once

#include <vector>

#include "content/blob/blob_store.h"

namespace swarma::content::blob {

struct ScrubReport {
  std::uint64_t blobs = 0, bytes = 0;
  std::vector<BlobId> damaged;
};

/// Not safe for concurrent use. The store must outlive it.
class Scrubber {
 public:
  /// `first` is where it begins: another one each time, so that a node that often restarts still gets everywhere.
  Scrubber(BlobStore& store, std::uint8_t first) : store_(store), next_part_(first) {}

  /// Goes on where the last call stopped, until `max_bytes` have been read or every blob has been seen once in this
  /// call. Stops at the first error that is not about one blob.
  Result<ScrubReport> run(std::uint64_t max_bytes);

 private:
  BlobStore& store_;
  unsigned next_part_;
  std::vector<BlobId> waiting_;  // of the part before next_part_
};

}  // namespace swarma::content::blob
