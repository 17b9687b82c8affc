#include "content/publish/spool.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/log.h"
#include "base/random.h"

namespace swarma::content::publish {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFilenameBytes = 300;
constexpr std::size_t kMaxMetadataBytes = 4096;

std::unexpected<Error> unknown() {
  return fail(ErrorCode::NotFound, "upload_not_found", "There is no such upload; it may have expired. Start it again.");
}

std::unexpected<Error> damaged() {
  return fail(ErrorCode::Corrupt, "upload_damaged",
              "Bytes of this upload are missing on the node's disk. Remove it and start it again.");
}

std::unexpected<Error> in_use() {
  return fail(ErrorCode::Conflict, "upload_in_use", "This upload belongs to a film that is being packaged.");
}

bool is_id(std::string_view id) {
  return id.size() == 32 &&
         std::all_of(id.begin(), id.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_printable_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

constexpr std::string_view kColumns = "id, filename, length, received, expires_at, metadata";

Upload upload_of(const db::Row& row) {
  const auto filename = parse_json(row.text(1));
  return {.id = row.text(0),
          .filename = filename && filename->is_string() ? filename->get<std::string>() : "film",
          .length = static_cast<std::uint64_t>(row.integer(2)),
          .offset = static_cast<std::uint64_t>(row.integer(3)),
          .metadata = row.text(5),
          .expires_at = Expiry(row.integer(4))};
}

Result<Fd> lock_file(const fs::path& path, bool may_be_new) {
  Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | (may_be_new ? O_CREAT : 0), 0600));
  if (!file && errno == ENOENT && !may_be_new) return damaged();
  if (!file) return std::unexpected(io_error("open", path));
  while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno == EWOULDBLOCK)
      return fail(ErrorCode::Conflict, "upload_busy", "Another request is writing to this upload.");
    return std::unexpected(io_error("lock", path));
  }
  return file;
}

}  // namespace

Result<std::unique_ptr<Spool>> Spool::open(const fs::path& folder, std::uint64_t max_bytes, db::Database& database,
                                           const Clock& clock) {
  SWARMA_RETURN_IF_ERROR(ensure_private_folder(folder));
  std::unique_ptr<Spool> spool(new Spool(folder, max_bytes, database, clock));
  if (const auto tidied = spool->tidy(); !tidied)  // a full disk, for example: the next one does it
    log::warning("uploads_not_tidied", {{"reason", tidied.error().reason}});
  return spool;
}

/// First seen as expired, and gone a day later: in between the clock may be set right, or a byte arrive.
Result<void> Spool::tidy() {
  std::vector<std::string> gone;
  SWARMA_RETURN_IF_ERROR(database_.transact([&](db::Session& session) -> Result<void> {
    const std::int64_t now = clock_.now().unix_s();
    SWARMA_RETURN_IF_ERROR(session.execute(
        "UPDATE publish_uploads SET overdue_since = 0 WHERE overdue_since > 0 AND expires_at > $1", {now}));
    SWARMA_TRY(
        const db::Rows rows,
        session.query("UPDATE publish_uploads SET job_id = '-' WHERE job_id = '-' OR (job_id = '' AND expires_at <= $1 "
                      "AND overdue_since > 0 AND overdue_since <= $2) RETURNING id",
                      {now, (clock_.now() - kUploadGrace).unix_s()}));
    SWARMA_RETURN_IF_ERROR(session.execute(
        "UPDATE publish_uploads SET overdue_since = $1 WHERE overdue_since = 0 AND expires_at <= $1", {now}));
    gone.clear();
    for (const db::Row& row : rows) gone.push_back(row.text(0));
    return {};
  }));
  for (const std::string& id : gone)
    if (const auto removed = erase(id); !removed)
      log::warning("upload_not_removed", {{"reason", removed.error().reason}});
  return {};
}

Result<Upload> Spool::create(std::uint64_t length, std::string_view filename, std::string_view metadata) {
  if (length == 0) return fail(ErrorCode::BadRequest, "upload_empty", "The file is empty.");
  if (length > max_bytes_)
    return fail(ErrorCode::TooLarge, "upload_too_large",
                "This node takes films of at most " + std::to_string(max_bytes_) + " bytes.");
  if (metadata.size() > kMaxMetadataBytes || !is_printable_ascii(metadata))
    return fail(ErrorCode::BadRequest, "bad_upload_metadata",
                "The metadata of an upload are at most " + std::to_string(kMaxMetadataBytes) +
                    " printable ASCII characters; give values in base64.");
  SWARMA_RETURN_IF_ERROR(tidy());
  std::error_code ec;
  if (const fs::space_info space = fs::space(folder_, ec); !ec && space.available < length)
    return fail(ErrorCode::Io, "disk_full", "The disk of this node has too little room for this film.");
  const Upload upload{.id = to_hex(random_array<16>()),
                      .filename = std::string(filename.substr(0, kMaxFilenameBytes)),
                      .length = length,
                      .offset = 0,
                      .metadata = std::string(metadata),
                      .expires_at = expiry()};
  const std::string name = Json(upload.filename).dump(-1, ' ', false, Json::error_handler_t::replace);
  SWARMA_RETURN_IF_ERROR(database_.transact(
      [&](db::Session& session) -> Result<void> {
        SWARMA_TRY(const db::Rows rows, session.query("SELECT count(*) FROM publish_uploads WHERE expires_at > $1",
                                                      {clock_.now().unix_s()}));
        if (rows.at(0).integer(0) >= static_cast<std::int64_t>(kMaxUploads))
          return fail(ErrorCode::TooMany, "too_many_uploads",
                      "Too many unfinished uploads. Finish or remove some first.", std::chrono::minutes(1));
        SWARMA_RETURN_IF_ERROR(session.execute(
            "INSERT INTO publish_uploads (id, filename, length, received, expires_at, overdue_since, job_id, "
            "metadata) VALUES ($1, $2, $3, 0, $4, 0, '', $5)",
            {upload.id, name, static_cast<std::int64_t>(length), upload.expires_at.unix_s(), upload.metadata}));
        return {};
      },
      db::Durability::Full));
  return upload;
}

Result<Upload> Spool::get(std::string_view id) {
  if (!is_id(id)) return unknown();
  SWARMA_TRY(const db::Rows rows, database_.query("SELECT " + std::string(kColumns) +
                                                      " FROM publish_uploads WHERE id = $1 AND job_id <> '-'",
                                                  {std::string(id)}));
  if (rows.empty()) return unknown();
  return upload_of(rows.front());
}

Result<std::unique_ptr<UploadWriter>> Spool::begin_append(std::string_view id, std::uint64_t offset) {
  SWARMA_TRY(const Upload seen, get(id));
  const fs::path path = folder_ / id;
  SWARMA_TRY(Fd file, lock_file(path, seen.offset == 0));
  SWARMA_TRY(Upload upload, get(id));  // as it stands now that nobody else can change it
  if (offset != upload.offset)
    return fail(ErrorCode::Conflict, "upload_offset_mismatch",
                "This upload stands at byte " + std::to_string(upload.offset) + ".");
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) return std::unexpected(io_error("look at", path));
  if (static_cast<std::uint64_t>(info.st_size) < offset) return damaged();
  return std::unique_ptr<UploadWriter>(new UploadWriter(*this, std::move(upload), path, std::move(file)));
}

Result<void> UploadWriter::write(ByteView piece) {
  if (piece.size() > upload_.length - upload_.offset - written_)
    return fail(ErrorCode::TooLarge, "upload_too_long", "More bytes than the upload promised.");
  while (!piece.empty()) {
    const ssize_t put =
        ::pwrite(file_.get(), piece.data(), piece.size(), static_cast<off_t>(upload_.offset + written_));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) {
      const Error error = io_error("write", path_);
      (void)::ftruncate(file_.get(), static_cast<off_t>(upload_.offset));  // makes room again
      return std::unexpected(error);
    }
    written_ += static_cast<std::uint64_t>(put);
    piece = piece.subspan(static_cast<std::size_t>(put));
  }
  return {};
}

Result<Upload> UploadWriter::commit() {
  if (::fdatasync(file_.get()) != 0) return std::unexpected(io_error("sync", path_));
  if (upload_.offset == 0) SWARMA_RETURN_IF_ERROR(sync_folder(path_.parent_path()));
  Upload now = upload_;
  now.offset += written_;
  now.expires_at = spool_.expiry();
  std::int64_t changed = 0;
  SWARMA_RETURN_IF_ERROR(spool_.database_.transact(
      [&](db::Session& session) -> Result<void> {
        SWARMA_TRY(changed,
                   session.execute("UPDATE publish_uploads SET received = $2, expires_at = $3, overdue_since = 0 "
                                   "WHERE id = $1 AND received = $4",
                                   {now.id, static_cast<std::int64_t>(now.offset), now.expires_at.unix_s(),
                                    static_cast<std::int64_t>(upload_.offset)}));
        return {};
      },
      db::Durability::Full));
  if (changed == 0) return unknown();  // removed meanwhile
  return now;
}

Result<Upload> Spool::append(std::string_view id, std::uint64_t offset, ByteView bytes) {
  SWARMA_TRY(const auto writer, begin_append(id, offset));
  SWARMA_RETURN_IF_ERROR(writer->write(bytes));
  return writer->commit();
}

/// The file goes first: a row whose file is gone is tried again, a file without a row would stay for ever.
Result<void> Spool::erase(const std::string& id) {
  const fs::path path = folder_ / id;
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return std::unexpected(io_error("remove", path));
  SWARMA_RETURN_IF_ERROR(database_.execute("DELETE FROM publish_uploads WHERE id = $1", {id}));
  return {};
}

Result<void> Spool::remove(std::string_view id) {
  SWARMA_TRY(const Upload upload, get(id));
  SWARMA_TRY(const std::int64_t leaving,
             database_.execute("UPDATE publish_uploads SET job_id = '-' WHERE id = $1 AND job_id = ''", {upload.id}));
  if (leaving == 0) return in_use();
  return erase(upload.id);
}

Result<fs::path> Spool::film_so_far(std::string_view id) {
  SWARMA_TRY(const Upload upload, get(id));
  if (upload.offset == 0) return fail(ErrorCode::Conflict, "upload_incomplete", "No byte of this upload is here yet.");
  return folder_ / upload.id;
}

Result<fs::path> Spool::film(std::string_view id) {
  SWARMA_TRY(const Upload upload, get(id));
  if (!upload.complete())
    return fail(ErrorCode::Conflict, "upload_incomplete",
                "The upload is not complete: " + std::to_string(upload.offset) + " of " +
                    std::to_string(upload.length) + " bytes are here.");
  const fs::path path = folder_ / upload.id;
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) {
    if (errno == ENOENT) return damaged();
    return std::unexpected(io_error("look at", path));
  }
  if (static_cast<std::uint64_t>(info.st_size) != upload.length) return damaged();
  return path;
}

Result<void> Spool::hold(db::Session& session, const std::vector<std::string>& ids, const std::string& job) {
  for (const std::string& id : ids) {
    SWARMA_TRY(const std::int64_t held,
               session.execute("UPDATE publish_uploads SET job_id = $2 WHERE id = $1 AND (job_id = '' OR job_id = $2)",
                               {id, job}));
    if (held == 0) return in_use();
  }
  return {};
}

Result<void> Spool::release(db::Session& session, const std::string& job, Fate fate) {
  SWARMA_RETURN_IF_ERROR(session.execute("UPDATE publish_uploads SET job_id = $2 WHERE job_id = $1",
                                         {job, fate == Fate::Keep ? "" : "-"}));
  return {};
}

}  // namespace swarma::content::publish
