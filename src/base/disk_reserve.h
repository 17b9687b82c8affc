// Some room on a disk, kept by a file, for those who make room when the disk is full. While the disk is full everybody
// else is refused; release() gives the kept room to whoever writes next. It is taken again as soon as there is room.
// Safe for concurrent use.
#pragma once

#include <atomic>
#include <filesystem>
#include <mutex>

#include "base/error.h"
#include "base/file.h"

namespace swarma {

class DiskReserve {
 public:
  /// Room on the disk of `folder`: a thirty-second part of the disk, 256 KiB to 16 MiB. Takes it if it can.
  explicit DiskReserve(std::filesystem::path folder);

  /// Less is left than half of the reserve, or the reserve is given away. Measured anew while it is so: cheap.
  bool is_full();
  /// What is_full() found last.
  bool was_full() const { return full_; }
  /// A write has failed for want of room: counts as full until the next measurement.
  void note_full() { full_ = true; }
  /// Gives the kept room away.
  void release();
  /// Measures, and takes the reserve again if there is room. Called every second or so.
  void look();

  /// Io "disk_full".
  static std::unexpected<Error> full();

 private:
  struct Room {
    std::uint64_t available = 0, reserve = 0;
  };
  Room measure() const;
  void look_locked();
  bool take(std::uint64_t bytes);

  const std::filesystem::path folder_, file_;
  std::mutex mutex_;
  bool held_ = false;
  std::atomic<bool> full_{false};
};

}  // namespace swarma
