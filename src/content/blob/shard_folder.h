// One of the 256 folders of a DirectoryBlobStore: makes new names durable, and decides between keeping and removing.
#pragma once

#include <sys/stat.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/file.h"

namespace swarma::content::blob {

/// Safe for concurrent use; keeping and removing also exclude each other between processes (flock).
class ShardFolder {
 public:
  Result<void> open(const std::filesystem::path& path);
  int fd() const { return fd_.get(); }

  /// Returns once every name made in this folder so far is on disk. Callers that come together share one fsync.
  Result<void> sync();

  /// Size of a file, which counts as used now.
  Result<std::optional<std::uint64_t>> touch(const char* name);
  /// Removes a file not used since; true if it went.
  Result<bool> remove_if_unused_since(const char* name, Instant since);

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
