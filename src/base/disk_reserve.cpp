#include "base/disk_reserve.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>

#include "base/log.h"

namespace swarma {
namespace {

constexpr std::uint64_t kPartOfDisk = 32;
constexpr std::uint64_t kLeastReserve = 256 << 10;
constexpr std::uint64_t kMostReserve = 16 << 20;

}  // namespace

DiskReserve::DiskReserve(std::filesystem::path folder) : folder_(std::move(folder)), file_(folder_ / "disk-reserve") {
  std::error_code ec;
  held_ = std::filesystem::file_size(file_, ec) >= measure().reserve && !ec;  // left by the last run
  look();
}

DiskReserve::Room DiskReserve::measure() const {
  struct statvfs disk{};
  // What cannot be measured is not full: writes will say so.
  if (::statvfs(folder_.c_str(), &disk) != 0) return {.available = UINT64_MAX, .reserve = kLeastReserve};
  return {
      .available = std::uint64_t{disk.f_bavail} * disk.f_frsize,
      .reserve = std::clamp(std::uint64_t{disk.f_blocks} * disk.f_frsize / kPartOfDisk, kLeastReserve, kMostReserve)};
}

bool DiskReserve::take(std::uint64_t bytes) {
  const Fd file(::open(file_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  if (file && ::posix_fallocate(file.get(), 0, static_cast<off_t>(bytes)) == 0) return true;
  ::unlink(file_.c_str());
  return false;
}

void DiskReserve::look() {
  const std::lock_guard lock(mutex_);
  look_locked();
}

void DiskReserve::look_locked() {
  const Room room = measure();
  // Taken again only with as much to spare, so that it does not come and go.
  if (!held_ && room.available >= 2 * room.reserve) held_ = take(room.reserve);
  const bool full = !held_ || room.available < room.reserve / 2;
  if (full_.exchange(full) != full) {
    if (full)
      log::error("disk_full", {{"folder", folder_.string()}, {"available_bytes", room.available}});
    else
      log::info("disk_has_room", {{"folder", folder_.string()}, {"available_bytes", room.available}});
  }
}

bool DiskReserve::is_full() {
  // Somebody else who looks right now is not waited for: event loops ask this.
  if (full_) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (lock.owns_lock()) look_locked();
  }
  return full_;
}

void DiskReserve::release() {
  const std::lock_guard lock(mutex_);
  if (!held_) return;
  held_ = false;
  ::unlink(file_.c_str());
  log::warning("disk_reserve_released", {{"folder", folder_.string()}});
}

std::unexpected<Error> DiskReserve::full() {
  return fail(ErrorCode::Io, "disk_full", "There is no room on the disk.");
}

}  // namespace swarma
