// content asks catalog: which blobs of a publish that failed does no title name?
#pragma once

#include <map>

#include "catalog/registry/registry.h"
#include "content/blob/blob_store.h"
#include "content/publish/ports.h"

namespace swarma::node {

/// The function removes those that no visible title names and that nobody has put or asked for since they were newly
/// written with these marks; returns how many went.
inline std::function<Result<std::uint64_t>(std::span<const content::publish::NewBlob>)> discard_by_registry(
    catalog::registry::TitleRegistry& registry, content::blob::BlobStore& store) {
  return [&](std::span<const content::publish::NewBlob> blobs) -> Result<std::uint64_t> {
    std::map<BlobId, content::blob::WriteMark> marks;
    for (const auto& blob : blobs) marks.emplace(blob.id, blob.mark);
    // A title published meanwhile has touched its blobs, so their marks are old. This spares one that a title had
    // named before it was lost and written again.
    SWARMA_RETURN_IF_ERROR(registry.list_blobs(0, 255, [&](const BlobId& named) { marks.erase(named); }));
    std::uint64_t removed = 0;
    for (const auto& [id, mark] : marks) {
      SWARMA_TRY(const bool went, store.remove_if_unused(id, mark));
      removed += went ? 1 : 0;
    }
    return removed;
  };
}

}  // namespace swarma::node
