#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/random.h"

namespace swarma {

void Fd::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Error io_error(std::string_view doing, const std::filesystem::path& path) {
  const int number = errno;
  if (number == EMFILE || number == ENFILE)
    return Error{ErrorCode::Unavailable, "too_many_files",
                 "Too many files and connections are open here right now. Try again in a moment."};
  std::string message = "Cannot " + std::string(doing) + " " + path.string() + ": " + std::strerror(number) + ".";
  if (number == ENOENT) return Error{ErrorCode::NotFound, "file_missing", std::move(message)};
  return Error{ErrorCode::Io, number == ENOSPC ? "disk_full" : "io_failed", std::move(message)};
}

Result<Bytes> read_file(const std::filesystem::path& path, std::size_t max_bytes) {
  // Without O_NONBLOCK a named pipe would be waited for until somebody writes into it.
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return std::unexpected(io_error("open", path));
  struct stat info = {};
  if (::fstat(fd.get(), &info) != 0) return std::unexpected(io_error("read", path));
  if (!S_ISREG(info.st_mode))
    return fail(ErrorCode::Io, "not_a_file",
                path.string() + " is " + (S_ISDIR(info.st_mode) ? "a folder" : "a pipe, a socket or a device") +
                    ", not an ordinary file. Copy what it holds into a file and name that.");
  Bytes out;
  for (;;) {
    const std::size_t have = out.size();
    out.resize(have + 64 * 1024);
    const ssize_t got = ::read(fd.get(), out.data() + have, out.size() - have);
    if (got < 0 && errno == EINTR) {
      out.resize(have);
      continue;
    }
    if (got < 0) return std::unexpected(io_error("read", path));
    out.resize(have + static_cast<std::size_t>(got));
    if (out.size() > max_bytes)
      return fail(ErrorCode::TooLarge, "file_too_large",
                  path.string() + " is larger than " + std::to_string(max_bytes) + " bytes.");
    if (got == 0) return out;
  }
}

namespace {

Result<void> write_all(int fd, ByteView bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return std::unexpected(io_error("write", path));
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return {};
}

}  // namespace

Result<void> write_file_durably(const std::filesystem::path& path, ByteView bytes, unsigned mode) {
  const std::filesystem::path temporary = path.string() + ".tmp-" + to_hex(random_array<6>());
  const auto attempt = [&]() -> Result<void> {
    const Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (!fd) return std::unexpected(io_error("create", temporary));
    SWARMA_RETURN_IF_ERROR(write_all(fd.get(), bytes, temporary));
    if (::fsync(fd.get()) != 0) return std::unexpected(io_error("sync", temporary));
    if (::rename(temporary.c_str(), path.c_str()) != 0) return std::unexpected(io_error("rename to", path));
    return sync_folder(path.parent_path());
  };
  Result<void> done = attempt();
  if (!done) ::unlink(temporary.c_str());
  return done;
}

Result<bool> file_exists(const std::filesystem::path& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return std::unexpected(io_error("look at", path));
}

Result<void> ensure_private_folder(const std::filesystem::path& path) {
  std::error_code ec;  // a parent that cannot be made: mkdir says why
  std::filesystem::create_directories(path.parent_path(), ec);
  if (::mkdir(path.c_str(), 0700) == 0) return {};
  if (errno != EEXIST) return std::unexpected(io_error("make the folder", path));
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return std::unexpected(io_error("look at", path));
  errno = ENOTDIR;
  if (!S_ISDIR(info.st_mode)) return std::unexpected(io_error("make the folder", path));
  return {};
}

Result<void> sync_folder(const std::filesystem::path& path) {
  const Fd fd(::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return std::unexpected(io_error("sync the folder", path));
  return {};
}

}  // namespace swarma
