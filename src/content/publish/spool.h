// Films on their way in through a browser: resumable uploads (tus 1.0 semantics) on the node's disk.
//
// `<folder>/<id>/film` holds the bytes so far, `<id>/upload.json` what was promised; the offset is the size of the
// file, so a crash loses nothing that was acknowledged. Safe for concurrent use; two appends to one upload at once: the
// later one gets Conflict.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"

namespace swarma::content::publish {

inline constexpr std::chrono::days kUploadLife{7};  // an unfinished upload is forgotten after a week without a byte
inline constexpr std::size_t kMaxUploads = 64;

struct Upload {
  std::string id;
  std::string filename;
  std::uint64_t length = 0;
  std::uint64_t offset = 0;
  Expiry expires_at;
  bool complete() const { return offset == length; }
};

class Spool {
 public:
  /// Makes the folder and drops what has expired.
  static Result<std::unique_ptr<Spool>> open(const std::filesystem::path& folder, std::uint64_t max_bytes,
                                             const Clock& clock);

  /// TooLarge ("upload_too_large"), TooMany ("too_many_uploads"), Io ("disk_full") when it cannot fit.
  Result<Upload> create(std::uint64_t length, std::string_view filename);
  /// NotFound ("upload_not_found").
  Result<Upload> find(std::string_view id);
  /// Appends at `offset`: Conflict ("upload_offset_mismatch") unless that is where the upload stands. Returns the new
  /// state.
  Result<Upload> append(std::string_view id, std::uint64_t offset, ByteView bytes);
  Result<void> remove(std::string_view id);
  /// The file of a complete upload; Conflict ("upload_incomplete").
  Result<std::filesystem::path> film(std::string_view id);
  /// The file of an upload, complete or not.
  Result<std::filesystem::path> film_so_far(std::string_view id);
  std::uint64_t max_bytes() const { return max_bytes_; }

 private:
  Spool(std::filesystem::path folder, std::uint64_t max_bytes, const Clock& clock)
      : folder_(std::move(folder)), max_bytes_(max_bytes), clock_(clock) {}
  void drop_expired();

  std::filesystem::path folder_;
  std::uint64_t max_bytes_;
  const Clock& clock_;
  std::mutex mutex_;
  std::set<std::string, std::less<>> busy_;  // uploads with an append under way
};

}  // namespace swarma::content::publish
