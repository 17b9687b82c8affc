// Films that a browser uploads, in pieces that can be resumed (tus 1.0 semantics). A row says how much was promised and
// how much is here; the bytes are the file `<folder>/<id>`, on storage that all nodes of the database reach. So an
// upload begun at one node goes on at any other.
//
// A row says that bytes are here only when they are on the disk: a crash loses nothing that was acknowledged. Safe for
// concurrent use, also by several nodes; two appends to one upload at once: the later one gets Conflict.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/options.h"
#include "db/database.h"

namespace swarma::content::publish {

inline constexpr std::chrono::days kUploadLife{7};  // an unfinished upload is forgotten after a week without a byte
/// An expired upload is kept this much longer: a clock that was set forward can be set right again meanwhile.
inline constexpr std::chrono::days kUploadGrace{1};
inline constexpr std::size_t kMaxUploads = 64;

struct SpoolOptions {
  std::uint64_t max_upload_bytes = std::uint64_t{256} << 30;
};
inline void describe(OptionSet& options, SpoolOptions& spool) {
  options.push_back({"max-upload-bytes", &spool.max_upload_bytes, "largest film by the browser"});
}

struct Upload {
  std::string id;
  std::string filename;
  std::uint64_t length = 0;
  std::uint64_t offset = 0;
  std::string metadata = {};  // as its creator sent it with the length
  Expiry expires_at;
  bool complete() const { return offset == length; }
};

class Spool;

/// One append under way. What was written counts only after commit().
class UploadWriter {
 public:
  Result<void> write(ByteView piece);  // TooLarge ("upload_too_long") beyond what the upload promised
  /// Returns once everything written is on the disk and acknowledged: the new state.
  Result<Upload> commit();

 private:
  friend class Spool;
  UploadWriter(Spool& spool, Upload upload, std::filesystem::path path, Fd file)
      : spool_(spool), upload_(std::move(upload)), path_(std::move(path)), file_(std::move(file)) {}

  Spool& spool_;
  Upload upload_;  // as it was when the append began
  std::filesystem::path path_;
  Fd file_;  // locked
  std::uint64_t written_ = 0;
};

class Spool {
 public:
  /// Makes the folder and drops expired uploads. The migrations (tables.h) have been applied. References outlive it.
  static Result<std::unique_ptr<Spool>> open(const std::filesystem::path& folder, std::uint64_t max_bytes,
                                             db::Database& database, const Clock& clock);

  /// TooLarge ("upload_too_large"), TooMany ("too_many_uploads"), Io ("disk_full") when it cannot fit, BadRequest
  /// ("bad_upload_metadata").
  Result<Upload> create(std::uint64_t length, std::string_view filename, std::string_view metadata = {});
  /// NotFound ("upload_not_found").
  Result<Upload> get(std::string_view id);
  /// Conflict ("upload_offset_mismatch") unless the upload stands at `offset`, ("upload_busy") while another request
  /// writes to it.
  Result<std::unique_ptr<UploadWriter>> begin_append(std::string_view id, std::uint64_t offset);
  /// All of it in one step. Returns the new state.
  Result<Upload> append(std::string_view id, std::uint64_t offset, ByteView bytes);
  /// Conflict ("upload_in_use") while a packaging job needs it.
  Result<void> remove(std::string_view id);
  /// The file of a complete upload; Conflict ("upload_incomplete"), Corrupt ("upload_damaged").
  Result<std::filesystem::path> film(std::string_view id);
  /// The file of an upload, complete or not; Conflict ("upload_incomplete") before its first byte.
  Result<std::filesystem::path> film_so_far(std::string_view id);
  std::uint64_t max_bytes() const { return max_bytes_; }

  /// In the transaction that makes a job: its uploads are kept for it. Conflict ("upload_in_use").
  static Result<void> hold(db::Session& session, const std::vector<std::string>& ids, const std::string& job);
  /// In the transaction that ends it: its uploads go with the next tidy(), or can be used again.
  enum class Fate { Remove, Keep };
  static Result<void> release(db::Session& session, const std::string& job, Fate fate);
  /// Removes the files of what has ended or expired.
  Result<void> tidy();

 private:
  friend class UploadWriter;
  Spool(std::filesystem::path folder, std::uint64_t max_bytes, db::Database& database, const Clock& clock)
      : folder_(std::move(folder)), max_bytes_(max_bytes), database_(database), clock_(clock) {}
  Result<void> erase(const std::string& id);
  Expiry expiry() const { return {clock_.now(), kUploadLife}; }

  std::filesystem::path folder_;
  std::uint64_t max_bytes_;
  db::Database& database_;
  const Clock& clock_;
};

}  // namespace swarma::content::publish
