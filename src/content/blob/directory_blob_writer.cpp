#include "content/blob/directory_blob_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/log.h"
#include "base/random.h"

namespace swarma::content::blob {
namespace {

constexpr std::size_t kPieceBytes = 256 * 1024;
constexpr int kMaxAttempts = 16;
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

Result<std::optional<std::uint64_t>> BlobFolders::examine(const BlobId& id) {
  const Fd file(::openat(shard_of(id).fd(), BlobName(id).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file && errno == ENOENT)
    return fail(ErrorCode::NotFound, "blob_not_found", "There is no blob " + id.hex() + " here.");
  if (!file) return disk_error("open the blob", id.hex());
  crypto::Sha256 hash;
  Bytes piece(kPieceBytes);
  std::uint64_t size = 0;
  for (;;) {
    const ssize_t got = ::read(file.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return disk_error("read the blob", id.hex());
    if (got == 0) break;
    size += static_cast<std::uint64_t>(got);
    hash.update(ByteView(piece).first(static_cast<std::size_t>(got)));
  }
  if (BlobId(hash.finish()) != id) return std::nullopt;
  if (sizes.find(id, file) != size) sizes.put(id, file, size);
  return size;
}

Result<bool> BlobFolders::set_aside(const BlobId& id) {
  descriptors.forget(id);
  const auto is_damaged = [&] {
    const auto size = examine(id);
    return size && !*size;
  };
  SWARMA_TRY(const bool moved, shard_of(id).move_if(BlobName(id).c_str(), damaged / id.hex(), is_damaged));
  if (!moved) return false;
  ::chmod((damaged / id.hex()).c_str(), 0);  // which other processes see on a descriptor that they hold
  sizes.forget(id);
  log::error("blob_damaged", {{"id", id.hex()}, {"moved_to", (damaged / id.hex()).string()}});
  return true;
}

std::unexpected<Error> disk_error(std::string_view doing, const std::filesystem::path& path) {
  Error error = io_error(doing, path);
  if (error.code == ErrorCode::NotFound) return fail(ErrorCode::Io, "io_failed", std::move(error.message));
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
  SWARMA_RETURN_IF_ERROR(append(piece));
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
  SWARMA_RETURN_IF_ERROR(keep_as(id));
  return id;
}

Result<void> DirectoryBlobWriter::keep_as(const BlobId& id) {
  if (!file_) return spent();
  const Fd file = std::move(file_);
  ShardFolder& shard = folders_.shard_of(id);
  folders_.sizes.put(id, file, size_);
  bool synced = false;
  for (int attempt = 0;; ++attempt) {
    if (attempt == kMaxAttempts)
      return fail(ErrorCode::Io, "io_failed", "Something else than a blob has the name " + id.hex() + ".");
    SWARMA_TRY(const auto present, shard.touch(BlobName(id).c_str()));
    if (present == size_) {
      const auto size = folders_.examine(id);
      if (!size && size.error().code == ErrorCode::Unavailable) return std::unexpected(size.error());
      if (size && *size) break;
    }
    if (!synced && ::fdatasync(file.get()) != 0) return disk_error("sync a blob in", folders_.folder);
    synced = true;
    if (present) {  // a file with other bytes is damage: no way of ours makes one
      SWARMA_RETURN_IF_ERROR(replace_damaged(file, id));
      break;
    }
    SWARMA_TRY(const bool linked, link_new(file, id));
    if (linked) break;
    // Another writer of the same bytes was faster: theirs is used, or replaced if it is gone again.
  }
  return shard.sync();  // also for a present one, whose writer may not have come this far
}

/// Gives the file its name; false if the name is taken.
Result<bool> DirectoryBlobWriter::link_new(const Fd& file, const BlobId& id) {
  struct stat state{};
  if (::fstat(file.get(), &state) != 0) return disk_error("look at a blob in", folders_.folder);
  const int shard = folders_.shard_of(id).fd();
  const BlobName name(id);
  const int code = temporary_.empty() ? link_file(file, shard, name.c_str())
                                      : ::linkat(AT_FDCWD, temporary_.c_str(), shard, name.c_str(), 0);
  if (code != 0 && errno == EEXIST) return false;
  if (code != 0) return disk_error("name a blob in", folders_.folder);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  temporary_.clear();
  folders_.descriptors.forget(id);
  mark_ = last_use_ns(state);
  const auto damaged = folders_.damaged / id.hex();  // it has come again: the operator need not look for it any more
  ::rename(damaged.c_str(), (damaged.string() + ".mended").c_str());
  return true;
}

Result<void> DirectoryBlobWriter::replace_damaged(const Fd& file, const BlobId& id) {
  if (temporary_.empty()) {
    const auto temporary = folders_.incoming / to_hex(random_array<16>());
    if (link_file(file, AT_FDCWD, temporary.c_str()) != 0) return disk_error("name the file", temporary);
    temporary_ = temporary;
  }
  SWARMA_RETURN_IF_ERROR(folders_.shard_of(id).take_in(temporary_, BlobName(id).c_str()));
  temporary_.clear();
  folders_.descriptors.forget(id);
  log::warning("blob_mended", {{"id", id.hex()}});
  return {};
}

}  // namespace swarma::content::blob
