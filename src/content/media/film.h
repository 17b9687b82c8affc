// A film file, opened once: what is looked at, hashed and packaged are the same bytes, even if another file takes its
// name meanwhile.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/error.h"
#include "base/file.h"

namespace swarma::content::media {

/// Copies share the descriptor, which only reads at given places. Safe for concurrent use.
class Film {
 public:
  /// Unsupported ("not_media") for a folder, an empty file or anything else that is no ordinary file; Io.
  static Result<Film> open(const std::filesystem::path& file);

  const std::filesystem::path& path() const { return path_; }
  int descriptor() const { return fd_->get(); }
  std::uint64_t bytes() const { return bytes_; }             // when it was opened
  const std::string& modified() const { return modified_; }  // when it was opened: seconds.nanoseconds

  /// As many bytes from `offset` as there are, at most `length`. Io.
  Result<Bytes> read(std::uint64_t offset, std::size_t length) const;

  /// Whether it has kept its size and its time since it was opened.
  bool is_unchanged() const;

 private:
  Film(std::filesystem::path path, Fd fd) : path_(std::move(path)), fd_(std::make_shared<Fd>(std::move(fd))) {}

  std::filesystem::path path_;
  std::shared_ptr<const Fd> fd_;
  std::uint64_t bytes_ = 0;
  std::string modified_;
};

/// Conflict ("source_changed").
std::unexpected<Error> film_changed();

}  // namespace swarma::content::media
