// Where ciphertext lives. A blob is named by the SHA-256 of its bytes, immutable, written atomically: it is either
// absent or complete and durable. Safe for concurrent use, also by several processes on the same store.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/ids.h"

namespace swarma::content::blob {

inline constexpr std::size_t kMaxBlobBytes = 256u << 20;

/// Tells one writing of a blob from any later use of it: the moment it was written, as the store keeps it.
using WriteMark = std::int64_t;

/// Receives one blob. Nothing is visible until commit(); destroyed before that, it leaves no trace.
class BlobWriter {
 public:
  virtual ~BlobWriter() = default;
  virtual Result<void> write(ByteView piece) = 0;  // TooLarge beyond kMaxBlobBytes
  /// Makes the blob visible and durable; one that is there already is kept, or replaced if it is damaged. With
  /// `expected`, Corrupt ("hash_mismatch") when the bytes have another name. The writer is spent afterwards, also after
  /// a failure.
  virtual Result<BlobId> commit(const std::optional<BlobId>& expected) = 0;
  /// After commit(): the mark of a blob that was not there before; nothing for one that was, damaged or not.
  virtual std::optional<WriteMark> mark() const = 0;
};

struct OpenBlob {
  std::shared_ptr<const Fd> file;  // a plain file positioned anywhere: use pread or sendfile
  std::uint64_t size = 0;
};

class BlobStore {
 public:
  virtual ~BlobStore() = default;
  virtual Result<std::unique_ptr<BlobWriter>> create_writer() = 0;
  /// NotFound ("blob_not_found") if absent. A file that is not as long as it was written is damage: it is set aside
  /// here, and the blob is absent from then on (NotFound, "blob_damaged") until it is put again.
  virtual Result<OpenBlob> open(const BlobId& id) = 0;
  virtual Result<std::optional<std::uint64_t>> find_size(const BlobId& id) = 0;
  /// As find_size, and the blob counts as used now: remove_if_unused_since spares it, whatever runs at the same time.
  virtual Result<std::optional<std::uint64_t>> touch(const BlobId& id) = 0;
  /// Removing what is not there is a success. Not durable: a removed blob may come back after a power cut.
  virtual Result<void> remove(const BlobId& id) = 0;
  /// Removes the blob unless it was committed or touched at `since` or later, or not since `not_before`; true if it
  /// went.
  virtual Result<bool> remove_if_unused_since(const BlobId& id, Instant since, Instant not_before = {}) = 0;
  /// Removes the blob if it was newly written with this mark and nobody has put, touched or mended it since; true if it
  /// went.
  virtual Result<bool> remove_if_unused(const BlobId& id, WriteMark mark) = 0;
  /// Hashes what is stored. Its size if it is whole; nothing if it is damaged, which sets it aside. NotFound if absent.
  virtual Result<std::optional<std::uint64_t>> verify(const BlobId& id) = 0;
  /// Blobs that were set aside as damaged and have not come again since.
  virtual Result<std::vector<BlobId>> list_damaged() = 0;
  /// Every blob, in no order; stops when `visit` returns false. Blobs that come or go meanwhile may be missed or named.
  virtual Result<void> list(const std::function<bool(const BlobId&, std::uint64_t size)>& visit) = 0;
  /// The same for those whose name begins with this byte.
  virtual Result<void> list_part(std::uint8_t first_byte,
                                 const std::function<bool(const BlobId&, std::uint64_t size)>& visit) = 0;

  /// One call for small blobs.
  Result<BlobId> put(ByteView bytes, const std::optional<BlobId>& expected = std::nullopt);
  /// For bytes this process has just hashed to `id`: saves hashing them again. Nothing foreign comes in this way.
  /// As BlobWriter::mark().
  virtual Result<std::optional<WriteMark>> put_hashed(const BlobId& id, ByteView bytes);
  /// Whole blob, verified against its name; TooLarge beyond max_bytes, Corrupt ("blob_corrupt") when the disk lies.
  Result<Bytes> read(const BlobId& id, std::size_t max_bytes);
};

/// Blobs at `<folder>/<first two hex>/<sha256>`, temporary files in `<folder>/incoming/` (those a day old are removed
/// here), damaged ones in `<folder>/damaged/`. open() caches descriptors of hot blobs. More in directory_blob_store.h.
Result<std::unique_ptr<BlobStore>> open_directory_blob_store(const std::filesystem::path& folder);

}  // namespace swarma::content::blob
