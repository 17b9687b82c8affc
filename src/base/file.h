// Small files that must survive a crash. Large ones belong to content/blob.
#pragma once

#include <filesystem>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"

namespace swarma {

/// Owns a file descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { reset(); }
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset();

 private:
  int fd_ = -1;
};

/// Whole file, or TooLarge beyond max_bytes, NotFound if it does not exist, Io ("not_a_file") for a folder, a
/// pipe, a socket or a device; never waits for a writer.
Result<Bytes> read_file(const std::filesystem::path& path, std::size_t max_bytes);

/// Writes to a temporary name, fsyncs, renames over `path`, fsyncs the folder: after success the file is complete even
/// if the machine stops; before it, the old content is. Mode is applied before any byte is written.
Result<void> write_file_durably(const std::filesystem::path& path, ByteView bytes, unsigned mode = 0644);

/// Whether something is there. False only when it is certain that nothing is: "cannot tell" is an error.
Result<bool> file_exists(const std::filesystem::path& path);

/// Makes the folder and its parents (mode 0700 for the last one).
Result<void> ensure_private_folder(const std::filesystem::path& path);

/// The sentence for errno: "Cannot open /x: No such file or directory." NotFound for a path that leads nowhere, and for
/// nothing else; Unavailable ("too_many_files") when the process or the machine has no descriptor left; otherwise Io.
Error io_error(std::string_view doing, const std::filesystem::path& path);

/// fsync of a folder, which makes a rename in it durable.
Result<void> sync_folder(const std::filesystem::path& path);

}  // namespace swarma
