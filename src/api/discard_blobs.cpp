#include "api/discard_blobs.h"

#include <map>

namespace swarma::api {

Result<std::uint64_t> discard_blobs(Services& services, std::span<const content::publish::NewBlob> blobs) {
  std::map<BlobId, content::blob::WriteMark> marks;
  for (const auto& blob : blobs) marks.emplace(blob.id, blob.mark);
  // A title published meanwhile has touched its blobs, so their marks are old. This spares one that a title had named
  // before it was lost and written again.
  SWARMA_RETURN_IF_ERROR(services.registry.list_blobs(0, 255, [&](const BlobId& named) { marks.erase(named); }));
  std::uint64_t removed = 0;
  for (const auto& [id, mark] : marks) {
    SWARMA_TRY(const bool went, services.blobs.remove_if_unused(id, mark));
    removed += went ? 1 : 0;
  }
  return removed;
}

}  // namespace swarma::api
