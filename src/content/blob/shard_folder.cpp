#include "content/blob/shard_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace swarma::content::blob {
namespace {

/// Holds the folder against other processes.
class FolderLock {
 public:
  FolderLock(int fd, int kind) : fd_(fd) {
    while (::flock(fd_, kind) != 0 && errno == EINTR) {
    }
  }
  ~FolderLock() { ::flock(fd_, LOCK_UN); }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int fd_;
};

/// The file's state, or nothing if it is not there.
Result<std::optional<struct stat>> find_state(int folder, const char* name) {
  struct stat state{};
  if (::fstatat(folder, name, &state, AT_SYMLINK_NOFOLLOW) == 0) return state;
  if (errno == ENOENT) return std::nullopt;
  return std::unexpected(io_error("look at the blob", name));
}

}  // namespace

Result<void> ShardFolder::open(const std::filesystem::path& path) {
  path_ = path;
  fd_ = Fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd_) return std::unexpected(io_error("open the folder", path));
  return {};
}

Result<void> ShardFolder::sync() {
  std::unique_lock lock(sync_mutex_);
  const std::uint64_t mine = ++asked_;
  while (synced_ < mine) {
    if (syncing_) {
      synced_changed_.wait(lock);
      continue;
    }
    syncing_ = true;
    const std::uint64_t covered = asked_;  // these callers' names exist already
    lock.unlock();
    const bool done = ::fsync(fd_.get()) == 0;
    const Error error = done ? Error{} : io_error("sync the folder", path_);
    lock.lock();
    syncing_ = false;
    if (done) synced_ = std::max(synced_, covered);
    synced_changed_.notify_all();
    if (!done) return std::unexpected(error);
  }
  return {};
}

Result<std::optional<std::uint64_t>> ShardFolder::touch(const char* name) {
  const std::lock_guard guard(use_mutex_);
  const FolderLock lock(fd_.get(), LOCK_SH);
  SWARMA_TRY(const auto state, find_state(fd_.get(), name));
  if (!state || !S_ISREG(state->st_mode)) return std::nullopt;
  if (::utimensat(fd_.get(), name, nullptr, AT_SYMLINK_NOFOLLOW) == 0)
    return static_cast<std::uint64_t>(state->st_size);
  if (errno == ENOENT) return std::nullopt;  // removed outright meanwhile
  return std::unexpected(io_error("mark as used the blob", name));
}

Result<bool> ShardFolder::remove_if_unused_since(const char* name, Instant since) {
  const std::lock_guard guard(use_mutex_);
  const FolderLock lock(fd_.get(), LOCK_EX);
  SWARMA_TRY(const auto state, find_state(fd_.get(), name));
  if (!state || Instant(state->st_mtim.tv_sec) >= since) return false;
  if (::unlinkat(fd_.get(), name, 0) != 0 && errno != ENOENT) return std::unexpected(io_error("remove the blob", name));
  return true;
}

}  // namespace swarma::content::blob
