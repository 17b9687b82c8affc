// The writing half of DirectoryBlobStore, and the folders both halves share.
#pragma once

#include <array>

#include "content/blob/descriptor_cache.h"
#include "content/blob/known_sizes.h"
#include "content/blob/shard_folder.h"
#include "crypto/hash.h"

namespace swarma::content::blob {

/// A blob's file name, without a heap allocation.
class BlobName {
 public:
  explicit BlobName(const BlobId& id);
  const char* c_str() const { return text_.data(); }

 private:
  std::array<char, 65> text_{};
};

struct BlobFolders {
  BlobFolders(std::filesystem::path root, std::size_t cached_descriptors)
      : folder(std::move(root)),
        incoming(folder / "incoming"),
        damaged(folder / "damaged"),
        descriptors(cached_descriptors) {}
  ShardFolder& shard_of(const BlobId& id) { return shards[id.digest()[0]]; }
  /// Reads and hashes the file with this name: its size if it has these bytes, nothing if it has others. NotFound
  /// ("blob_not_found") if there is none; an error when it cannot be told.
  Result<std::optional<std::uint64_t>> examine(const BlobId& id);
  /// Moves the blob into `damaged` if it is damaged indeed; true if it went.
  Result<bool> set_aside(const BlobId& id);

  const std::filesystem::path folder;
  const std::filesystem::path incoming;
  const std::filesystem::path damaged;
  bool unnamed_temporaries = true;
  std::array<ShardFolder, 256> shards;
  DescriptorCache descriptors;
  KnownSizes sizes;
};

/// io_error, except that a folder of ours that vanished is not "no such blob".
std::unexpected<Error> disk_error(std::string_view doing, const std::filesystem::path& path);

class DirectoryBlobWriter final : public BlobWriter {
 public:
  explicit DirectoryBlobWriter(BlobFolders& folders) : folders_(folders) {}
  ~DirectoryBlobWriter() override;

  Result<void> open_temporary();
  Result<void> write(ByteView piece) override;
  Result<BlobId> commit(const std::optional<BlobId>& expected) override;
  std::optional<WriteMark> mark() const override { return mark_; }

  /// For bytes whose name is known: write() and commit() without hashing.
  Result<void> append(ByteView piece);
  Result<void> keep_as(const BlobId& id);

 private:
  Result<bool> link_new(const Fd& file, const BlobId& id);
  Result<void> replace_damaged(const Fd& file, const BlobId& id);

  BlobFolders& folders_;
  Fd file_;                          // none once spent
  std::filesystem::path temporary_;  // the file's name, while it has one
  std::uint64_t size_ = 0;
  crypto::Sha256 hash_;
  std::optional<WriteMark> mark_;
};

}  // namespace swarma::content::blob
