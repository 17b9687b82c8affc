// One of the 256 folders of a DirectoryBlobStore: makes new names durable, and decides between keeping and removing.
#pragma once

#include <sys/stat.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/file.h"

namespace swarma::content::blob {

/// When a file was last written or touched.
inline std::int64_t last_use_ns(const struct stat& state) {
  return std::int64_t{state.st_mtim.tv_sec} * 1'000'000'000 + state.st_mtim.tv_nsec;
}

/// Safe for concurrent use; keeping and removing also exclude each other between processes (flock).
class ShardFolder {
 public:
  Result<void> open(const std::filesystem::path& path);
  int fd() const { return fd_.get(); }

  /// Returns once every name made in this folder so far is on disk. Callers that come together share one fsync.
  Result<void> sync();

  /// Size of a file, which counts as used now: its time becomes later than it was in any case.
  Result<std::optional<std::uint64_t>> touch(const char* name);
  /// Removes a file last used before `since` and not before `not_before`; true if it went.
  Result<bool> remove_if_unused_since(const char* name, Instant since, Instant not_before);
  /// Removes a file last used at exactly this moment (nanoseconds of Unix time); true if it went.
  Result<bool> remove_if_last_used(const char* name, std::int64_t unix_ns);
  /// Gives a file this name, in place of one that may be there.
  Result<void> take_in(const std::filesystem::path& from, const char* name);
  /// Moves a file to `to` if `is_damaged` still says so once nobody else can replace it; true if it went.
  Result<bool> move_if(const char* name, const std::filesystem::path& to, const std::function<bool()>& is_damaged);

 private:
  std::filesystem::path path_;
  Fd fd_;
  std::mutex use_mutex_;

  std::mutex sync_mutex_;
  std::condition_variable synced_changed_;
  std::uint64_t asked_ = 0;   // calls of sync() so far
  std::uint64_t synced_ = 0;  // of these, how many a finished fsync covers
  bool syncing_ = false;
};

}  // namespace swarma::content::blob
