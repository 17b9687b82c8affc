#include "content/blob/blob_store.h"

#include <unistd.h>

#include <cerrno>

#include "crypto/hash.h"

namespace swarma::content::blob {

Result<BlobId> BlobStore::put(ByteView bytes, const std::optional<BlobId>& expected) {
  SWARMA_TRY(const auto writer, create_writer());
  SWARMA_RETURN_IF_ERROR(writer->write(bytes));
  return writer->commit(expected);
}

Result<std::optional<WriteMark>> BlobStore::put_hashed(const BlobId& id, ByteView bytes) {
  SWARMA_TRY(const auto writer, create_writer());
  SWARMA_RETURN_IF_ERROR(writer->write(bytes));
  SWARMA_RETURN_IF_ERROR(writer->commit(id));
  return writer->mark();
}

namespace {

std::unexpected<Error> corrupt(const BlobId& id) {
  return fail(ErrorCode::Corrupt, "blob_corrupt",
              "The stored bytes of blob " + id.hex() + " do not match its name. Upload it again to mend it.");
}

}  // namespace

Result<Bytes> BlobStore::read(const BlobId& id, std::size_t max_bytes) {
  const auto opened = open(id);
  if (!opened && opened.error().reason == "blob_damaged") return corrupt(id);
  if (!opened) return std::unexpected(opened.error());
  const OpenBlob& blob = *opened;
  if (blob.size > max_bytes)
    return fail(ErrorCode::TooLarge, "blob_too_large",
                "Blob " + id.hex() + " has " + std::to_string(blob.size) + " bytes; at most " +
                    std::to_string(max_bytes) + " fit here.");
  Bytes bytes(blob.size);
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t got = ::pread(blob.file->get(), bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(io_error("read the blob", id.hex()));
    if (got == 0) break;
    at += static_cast<std::size_t>(got);
  }
  if (crypto::blob_id_of(bytes) == id) return bytes;
  (void)verify(id);  // sets it aside
  return corrupt(id);
}

}  // namespace swarma::content::blob
