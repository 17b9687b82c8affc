#include "content/blob/directory_blob_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/random.h"

namespace swarma::content::blob {
namespace {

constexpr std::size_t kPieceBytes = 256 * 1024;
constexpr mode_t kBlobMode = 0644;  // ciphertext: who may see it is for the data folder to say

std::unexpected<Error> spent() {
  return fail(ErrorCode::Internal, "writer_spent", "A blob writer was used after it ended.");
}

/// Gives a file without a name one.
int link_file(const Fd& file, int folder, const char* name) {
  std::array<char, 32> source{};
  std::snprintf(source.data(), source.size(), "/proc/self/fd/%d", file.get());
  return ::linkat(AT_FDCWD, source.data(), folder, name, AT_SYMLINK_FOLLOW);
}

}  // namespace

BlobName::BlobName(const BlobId& id) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (std::size_t i = 0; i < id.digest().size(); ++i) {
    text_[2 * i] = kDigits[id.digest()[i] >> 4];
    text_[2 * i + 1] = kDigits[id.digest()[i] & 15];
  }
}

bool BlobFolders::is_whole(const BlobId& id) {
  const Fd file(::openat(shard_of(id).fd(), BlobName(id).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file) return false;
  crypto::Sha256 hash;
  Bytes piece(kPieceBytes);
  for (;;) {
    const ssize_t got = ::read(file.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0) return BlobId(hash.finish()) == id;
    hash.update(ByteView(piece).first(static_cast<std::size_t>(got)));
  }
}

std::unexpected<Error> disk_error(std::string_view doing, const std::filesystem::path& path) {
  Error error = io_error(doing, path);
  if (error.code == ErrorCode::NotFound) error.code = ErrorCode::Io;
  return std::unexpected(std::move(error));
}

DirectoryBlobWriter::~DirectoryBlobWriter() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Result<void> DirectoryBlobWriter::open_temporary() {
  if (folders_.unnamed_temporaries) {
    file_ = Fd(::open(folders_.incoming.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, kBlobMode));
    if (!file_) return disk_error("make a file in", folders_.incoming);
    return {};
  }
  const auto name = folders_.incoming / to_hex(random_array<16>());
  file_ = Fd(::open(name.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, kBlobMode));
  if (!file_) return disk_error("make the file", name);
  temporary_ = name;
  return {};
}

Result<void> DirectoryBlobWriter::write(ByteView piece) {
  SWARMA_CHECK(append(piece));
  hash_.update(piece);
  return {};
}

Result<void> DirectoryBlobWriter::append(ByteView piece) {
  if (!file_) return spent();
  if (piece.size() > kMaxBlobBytes - size_) {
    file_.reset();
    return fail(ErrorCode::TooLarge, "blob_too_large",
                "A blob has at most " + std::to_string(kMaxBlobBytes) + " bytes.");
  }
  size_ += piece.size();
  while (!piece.empty()) {
    const ssize_t put = ::write(file_.get(), piece.data(), piece.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) {
      const auto error = disk_error("write a blob in", folders_.folder);
      file_.reset();
      return error;
    }
    piece = piece.subspan(static_cast<std::size_t>(put));
  }
  return {};
}

Result<BlobId> DirectoryBlobWriter::commit(const std::optional<BlobId>& expected) {
  if (!file_) return spent();
  const BlobId id(hash_.finish());
  if (expected && *expected != id) {
    file_.reset();
    return fail(ErrorCode::Corrupt, "hash_mismatch",
                "The bytes hash to " + id.hex() + ", not to " + expected->hex() + ".");
  }
  SWARMA_CHECK(keep_as(id));
  return id;
}

Result<void> DirectoryBlobWriter::keep_as(const BlobId& id) {
  if (!file_) return spent();
  const Fd file = std::move(file_);
  ShardFolder& shard = folders_.shard_of(id);
  SWARMA_TRY(const auto present, shard.touch(BlobName(id).c_str()));
  if (present != size_ || !folders_.is_whole(id)) {
    if (::fdatasync(file.get()) != 0) return disk_error("sync a blob in", folders_.folder);
    // A present file with other bytes is damage: no way of ours makes one.
    SWARMA_CHECK(give_name(file, id, present.has_value()));
  }
  return shard.sync();  // also for a present one, whose writer may not have come this far
}

Result<void> DirectoryBlobWriter::give_name(const Fd& file, const BlobId& id, bool replace) {
  const int shard = folders_.shard_of(id).fd();
  const BlobName name(id);
  if (temporary_.empty() && !replace) {
    // EEXIST: another writer of the same bytes was faster.
    if (link_file(file, shard, name.c_str()) == 0 || errno == EEXIST) return {};
    return disk_error("name a blob in", folders_.folder);
  }
  if (temporary_.empty()) {
    const auto temporary = folders_.incoming / to_hex(random_array<16>());
    if (link_file(file, AT_FDCWD, temporary.c_str()) != 0) return disk_error("name the file", temporary);
    temporary_ = temporary;
  }
  if (::renameat(AT_FDCWD, temporary_.c_str(), shard, name.c_str()) != 0)
    return disk_error("name a blob in", folders_.folder);
  temporary_.clear();
  folders_.descriptors.forget(id);
  return {};
}

}  // namespace swarma::content::blob
