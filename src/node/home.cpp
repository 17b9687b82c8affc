#include "node/home.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <sstream>

#include "base/random.h"

namespace swarma::node {
namespace {

constexpr mode_t kPrivate = 0600;

/// What the lock file says: who holds the folder, and the folder's id beside the number of the file it was made for,
/// which a copy does not have.
struct Note {
  long pid = 0;
  std::string id;
  std::uint64_t inode = 0;
};

Note read_note(const Fd& file) {
  std::array<char, 256> text{};
  const ssize_t got = ::pread(file.get(), text.data(), text.size() - 1, 0);
  Note note;
  if (got <= 0) return note;
  std::istringstream words(std::string(text.data(), static_cast<std::size_t>(got)));
  words >> note.pid >> note.id >> note.inode;
  if (!words || note.id.size() != 32) note.id.clear();
  return note;
}

Result<void> write_note(const Fd& file, const std::filesystem::path& path, const Note& note) {
  const std::string text = std::to_string(note.pid) + " " + note.id + " " + std::to_string(note.inode) + "\n";
  if (::ftruncate(file.get(), 0) != 0 ||
      ::pwrite(file.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()) ||
      ::fdatasync(file.get()) != 0)
    return std::unexpected(io_error("write", path));
  return {};
}

std::unexpected<Error> in_use(const std::filesystem::path& data, const Note& holder) {
  const std::string process = holder.pid > 0 ? " (process " + std::to_string(holder.pid) + ")" : "";
  return fail(ErrorCode::Conflict, "data_in_use",
              "Another node" + process + " works on the data folder " + data.string() +
                  ". Stop it first, or give this one a folder of its own with --data.");
}

std::unexpected<Error> cannot_lock(const std::filesystem::path& data, int number) {
  return fail(ErrorCode::Io, "data_not_lockable",
              "Cannot lock the data folder " + data.string() + ": " + std::strerror(number) +
                  ". A node needs a data folder that it can write to, on a file system with locks; the blobs may lie "
                  "elsewhere (--blobs).");
}

}  // namespace

Result<HomeLock> HomeLock::take(const std::filesystem::path& data) {
  SWARMA_RETURN_IF_ERROR(ensure_private_folder(data));
  const auto path = data / "node.lock";
  Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kPrivate));
  if (!file && (errno == EMFILE || errno == ENFILE)) return std::unexpected(io_error("open", path));
  if (!file) return cannot_lock(data, errno);
  while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno == EWOULDBLOCK) return in_use(data, read_note(file));
    return cannot_lock(data, errno);
  }
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) return std::unexpected(io_error("look at", path));
  Note note = read_note(file);
  if (note.id.empty() || note.inode != info.st_ino) note.id = to_hex(random_array<16>());
  note.pid = ::getpid();
  note.inode = info.st_ino;
  SWARMA_RETURN_IF_ERROR(write_note(file, path, note));
  return HomeLock(std::move(file), note.id);
}

}  // namespace swarma::node
