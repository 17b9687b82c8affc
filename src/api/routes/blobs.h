// GET /<sha256>[.ext] and PUT /upload: blobs by name, in the shape of Blossom BUD-01 and BUD-02. POST
// /v1/blobs/discard: a publish that failed takes back what it had uploaded.
#pragma once

#include <functional>
#include <span>

#include "api/table.h"
#include "base/clock.h"
#include "content/blob/blob_store.h"
#include "content/publish/ports.h"

namespace swarma::api {

inline constexpr std::size_t kMaxDiscardedBlobs = 2'000;  // in one request

/// Anybody reads.
struct BlobRoutes {
  content::blob::BlobStore& blobs;
};
Table routes(const BlobRoutes& with);

/// Creators write.
struct BlobUploadRoutes {
  const Clock& clock;
  content::blob::BlobStore& blobs;
  /// Removes those that no visible title names and nobody has used since they were written; returns how many went.
  std::function<Result<std::uint64_t>(std::span<const content::publish::NewBlob>)> discard;
};
Table routes(const BlobUploadRoutes& with);

}  // namespace swarma::api
