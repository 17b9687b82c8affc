#include "content/media/film.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace swarma::content::media {
namespace {

std::string time_of(const struct stat& info) {
  return std::to_string(info.st_mtim.tv_sec) + "." + std::to_string(info.st_mtim.tv_nsec);
}

}  // namespace

std::unexpected<Error> film_changed() {
  return fail(ErrorCode::Conflict, "source_changed", "The film was changed since it was looked at. Publish it again.");
}

Result<Film> Film::open(const std::filesystem::path& file) {
  Film film(file, Fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)));
  if (!*film.fd_) return std::unexpected(io_error("open", file));
  struct stat info = {};
  if (::fstat(film.descriptor(), &info) != 0) return std::unexpected(io_error("read", file));
  if (S_ISDIR(info.st_mode)) return fail(ErrorCode::Unsupported, "not_media", "This is a folder, not a film.");
  if (!S_ISREG(info.st_mode)) return fail(ErrorCode::Unsupported, "not_media", "This is not an ordinary file.");
  if (info.st_size == 0) return fail(ErrorCode::Unsupported, "not_media", "The file is empty.");
  film.bytes_ = static_cast<std::uint64_t>(info.st_size);
  film.modified_ = time_of(info);
  return film;
}

Result<Bytes> Film::read(std::uint64_t offset, std::size_t length) const {
  Bytes bytes(length);
  std::size_t done = 0;
  while (done < length) {
    const ssize_t got = ::pread(descriptor(), bytes.data() + done, length - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(io_error("read", path_));
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

bool Film::is_unchanged() const {
  struct stat info = {};
  return ::fstat(descriptor(), &info) == 0 && static_cast<std::uint64_t>(info.st_size) == bytes_ &&
         time_of(info) == modified_;
}

}  // namespace swarma::content::media
