// Where ciphertext lives. A blob is named by the SHA-256 of its bytes, immutable, written atomically: it is either absent
// or complete and durable. Safe for concurrent use, also by several processes on the same store.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/file.h"
#include "base/ids.h"

namespace swarma::content::blob {

inline constexpr std::size_t kMaxBlobBytes = 256u << 20;

/// Receives one blob. Nothing is visible until commit(); destroyed before that, it leaves no trace.
class BlobWriter {
 public:
  virtual ~BlobWriter() = default;
  virtual Result<void> write(ByteView piece) = 0;  // TooLarge beyond kMaxBlobBytes
  /// Makes the blob visible and durable. With `expected`, Corrupt ("hash_mismatch") when the bytes have another name.
  virtual Result<BlobId> commit(const std::optional<BlobId>& expected) = 0;
};

struct OpenBlob {
  std::shared_ptr<const Fd> file;  // a plain file positioned anywhere: use pread or sendfile
  std::uint64_t size = 0;
};

class BlobStore {
 public:
  virtual ~BlobStore() = default;
  virtual Result<std::unique_ptr<BlobWriter>> create_writer() = 0;
  /// NotFound ("blob_not_found") if absent.
  virtual Result<OpenBlob> open(const BlobId& id) = 0;
  virtual Result<std::optional<std::uint64_t>> find_size(const BlobId& id) = 0;
  virtual Result<void> remove(const BlobId& id) = 0;
  /// Every blob; stops when `visit` returns false.
  virtual Result<void> list(const std::function<bool(const BlobId&, std::uint64_t size)>& visit) = 0;

  /// One call for small blobs.
  Result<BlobId> put(ByteView bytes, const std::optional<BlobId>& expected = std::nullopt);
  /// Whole blob, verified against its name; TooLarge beyond max_bytes, Corrupt when the disk lies.
  Result<Bytes> read(const BlobId& id, std::size_t max_bytes);
};

/// Blobs at `<folder>/<first two hex>/<sha256>`, temporary files in `<folder>/incoming/`. open() caches descriptors of
/// hot blobs.
Result<std::unique_ptr<BlobStore>> open_directory_blob_store(const std::filesystem::path& folder);

}  // namespace swarma::content::blob
