// The writing half of DirectoryBlobStore, and the folders both halves share.
#pragma once

#include <array>

#include "content/blob/descriptor_cache.h"
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
      : folder(std::move(root)), incoming(folder / "incoming"), descriptors(cached_descriptors) {}
  ShardFolder& shard_of(const BlobId& id) { return shards[id.digest()[0]]; }
  /// Whether the file with this name has these bytes: reads and hashes it. What cannot be read is not whole.
  bool is_whole(const BlobId& id);

  const std::filesystem::path folder;
  const std::filesystem::path incoming;
  bool unnamed_temporaries = true;
  std::array<ShardFolder, 256> shards;
  DescriptorCache descriptors;
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

  /// For bytes whose name is known: write() and commit() without hashing.
  Result<void> append(ByteView piece);
  Result<void> keep_as(const BlobId& id);

 private:
  Result<void> give_name(const Fd& file, const BlobId& id, bool replace);

  BlobFolders& folders_;
  Fd file_;                          // none once spent
  std::filesystem::path temporary_;  // the file's name, while it has one
  std::uint64_t size_ = 0;
  crypto::Sha256 hash_;
};

}  // namespace swarma::content::blob
