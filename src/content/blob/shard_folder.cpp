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
    int code = 0;
    while ((code = ::flock(fd_, kind)) != 0 && errno == EINTR) {
    }
    held_ = code == 0;
  }
  /// False where the file system has no locks: then nothing may be removed, somebody could be using it.
  bool held() const { return held_; }
  ~FolderLock() { ::flock(fd_, LOCK_UN); }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int fd_;
  bool held_ = false;
};

std::unexpected<Error> cannot_lock() {
  return std::unexpected(io_error("lock", "a folder of blobs"));
}

/// Now, but in any case later than `last`: kernels keep file times in steps of some milliseconds.
timespec later_than(const timespec& last) {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  if (now.tv_sec > last.tv_sec || (now.tv_sec == last.tv_sec && now.tv_nsec > last.tv_nsec)) return now;
  const bool carries = last.tv_nsec == 999'999'999;
  return {.tv_sec = last.tv_sec + (carries ? 1 : 0), .tv_nsec = carries ? 0 : last.tv_nsec + 1};
}

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
  const timespec times[2] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, later_than(state->st_mtim)};
  if (::utimensat(fd_.get(), name, times, AT_SYMLINK_NOFOLLOW) == 0) return static_cast<std::uint64_t>(state->st_size);
  if (errno == ENOENT) return std::nullopt;  // removed outright meanwhile
  return std::unexpected(io_error("mark as used the blob", name));
}

Result<bool> ShardFolder::remove_if_unused_since(const char* name, Instant since, Instant not_before) {
  const std::lock_guard guard(use_mutex_);
  const FolderLock lock(fd_.get(), LOCK_EX);
  if (!lock.held()) return cannot_lock();
  SWARMA_TRY(const auto state, find_state(fd_.get(), name));
  if (!state) return false;
  const Instant used(state->st_mtim.tv_sec);
  if (used >= since || used < not_before) return false;
  if (::unlinkat(fd_.get(), name, 0) != 0 && errno != ENOENT) return std::unexpected(io_error("remove the blob", name));
  return true;
}

Result<bool> ShardFolder::remove_if_last_used(const char* name, std::int64_t unix_ns) {
  const std::lock_guard guard(use_mutex_);
  const FolderLock lock(fd_.get(), LOCK_EX);
  if (!lock.held()) return cannot_lock();
  SWARMA_TRY(const auto state, find_state(fd_.get(), name));
  if (!state || last_use_ns(*state) != unix_ns) return false;
  if (::unlinkat(fd_.get(), name, 0) != 0 && errno != ENOENT) return std::unexpected(io_error("remove the blob", name));
  return true;
}

Result<void> ShardFolder::take_in(const std::filesystem::path& from, const char* name) {
  const std::lock_guard guard(use_mutex_);
  const FolderLock lock(fd_.get(), LOCK_SH);
  if (::renameat(AT_FDCWD, from.c_str(), fd_.get(), name) != 0)
    return std::unexpected(io_error("name a blob in", path_));
  return {};
}

Result<bool> ShardFolder::move_if(const char* name, const std::filesystem::path& to,
                                  const std::function<bool()>& is_damaged) {
  const std::lock_guard guard(use_mutex_);
  const FolderLock lock(fd_.get(), LOCK_EX);
  if (!lock.held()) return cannot_lock();
  if (!is_damaged()) return false;
  if (::renameat(fd_.get(), name, AT_FDCWD, to.c_str()) == 0) return true;
  if (errno == ENOENT) return false;
  return std::unexpected(io_error("set aside the blob", name));
}

}  // namespace swarma::content::blob
