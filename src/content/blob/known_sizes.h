// What size each blob ought to have, so that a file that was cut short is found when it is opened, without hashing it.
//
// The size is an extended attribute of the file itself (user.swarma.size), set before the blob becomes visible. Files
// without one (of an earlier version, or copied) are hashed the first time they are opened. Where the file system has
// no such attributes, the sizes of blobs that were hashed are remembered in memory.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "base/file.h"
#include "base/ids.h"

namespace swarma::content::blob {

/// Safe for concurrent use.
class KnownSizes {
 public:
  /// Whether files here can carry the attribute: tried on a file of this file system.
  void probe(const Fd& file);

  std::optional<std::uint64_t> find(const BlobId& id, const Fd& file) const;
  void put(const BlobId& id, const Fd& file, std::uint64_t size);
  void forget(const BlobId& id);

 private:
  static constexpr std::size_t kMaxRemembered = 65'536;

  bool in_files_ = true;
  mutable std::mutex mutex_;
  std::unordered_map<BlobId, std::uint64_t> remembered_;
};

}  // namespace swarma::content::blob
