#include "content/publish/former_folders.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/random.h"
#include "content/publish/job_rows.h"
#include "crypto/aead.h"

namespace swarma::content::publish {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxJobFile = 1 << 20;

bool is_id(const std::string& name) {
  return name.size() == 32 && name.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// Moves the film and makes sure that what is counted is on the disk. The number of its bytes.
Result<std::int64_t> move_film(const fs::path& from, const fs::path& to) {
  Fd file(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  const bool moved_before = !file && errno == ENOENT;
  if (moved_before) file = Fd(::open(to.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::unexpected(io_error("open", moved_before ? to : from));
  struct stat info{};
  if (::fstat(file.get(), &info) != 0 || ::fdatasync(file.get()) != 0) return std::unexpected(io_error("sync", from));
  if (!moved_before && ::rename(from.c_str(), to.c_str()) != 0) return std::unexpected(io_error("move", from));
  SWARMA_RETURN_IF_ERROR(sync_folder(to.parent_path()));
  return info.st_size;
}

Result<void> import_upload(const fs::path& home, const fs::path& spool_folder, db::Database& database,
                           const Clock& clock) {
  const std::string id = home.filename().string();
  if (!is_id(id)) return fail(ErrorCode::BadRequest, "not_an_upload", "This is not the folder of an upload.");
  SWARMA_TRY(const Bytes meta, read_file(home / "upload.json", 4096));
  SWARMA_TRY(const Json json, parse_json(as_text(meta)));
  const JsonReader reader(json, "upload");
  SWARMA_TRY(const std::int64_t length, reader.integer("length", 1, INT64_MAX));
  SWARMA_TRY(const std::string filename, reader.text("filename", 1000));
  SWARMA_TRY(const std::int64_t size, move_film(home / "film", spool_folder / id));
  SWARMA_RETURN_IF_ERROR(database.transact(
      [&](db::Session& session) -> Result<void> {
        SWARMA_RETURN_IF_ERROR(session.execute(
            "INSERT INTO publish_uploads (id, filename, length, received, expires_at, overdue_since, job_id, metadata) "
            "VALUES ($1, $2, $3, $4, $5, 0, '', '') ON CONFLICT (id) DO NOTHING",
            {id, Json(filename).dump(-1, ' ', false, Json::error_handler_t::replace), length, std::min(size, length),
             Expiry(clock.now(), kUploadLife).unix_s()}));
        return {};
      },
      db::Durability::Full));
  std::error_code ec;
  fs::remove_all(home, ec);  // its film is elsewhere now
  return {};
}

Result<void> import_job(const fs::path& file, JobRows& rows, const crypto::Identity& identity) {
  const std::string id = file.stem().string();
  if (file.extension() != ".job" || !is_id(id))
    return fail(ErrorCode::BadRequest, "not_a_job", "This is not the file of a job.");
  SWARMA_TRY(const auto before, rows.find(id));
  if (!before) {
    SWARMA_TRY(const Bytes sealed, read_file(file, kMaxJobFile));
    SWARMA_TRY(Bytes plain, crypto::unwrap(identity.master, kJobContext, sealed));
    auto request = read_request(as_text(plain));
    crypto::wipe(plain);
    if (!request) return std::unexpected(request.error());
    request->nonce = to_base64url(random_array<16>());
    std::string text = write_request(*request);
    const Bytes again = crypto::wrap(identity.master, kJobContext, view(text));
    crypto::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
    JobStatus status;
    status.name = request->name;
    SWARMA_RETURN_IF_ERROR(rows.add(id, status, again, request->uploads()));
  }
  std::error_code ec;
  fs::remove(file, ec);
  return {};
}

/// Every entry of the folder in turn; the folder goes when nothing is left in it.
void import_folder(const fs::path& folder, const std::function<Result<void>(const fs::path&)>& import) {
  std::vector<fs::path> entries;
  std::error_code ec;
  for (fs::directory_iterator entry(folder, ec), end; !ec && entry != end; entry.increment(ec))
    entries.push_back(entry->path());
  if (ec == std::errc::no_such_file_or_directory) return;
  std::int64_t taken = 0, left = 0;
  std::string why = ec ? ec.message() : "";
  for (const fs::path& entry : entries) {
    const auto imported = import(entry);
    ++(imported ? taken : left);
    if (!imported) why = imported.error().message;
  }
  if (taken > 0) log::info("former_files_imported", {{"folder", folder.string()}, {"count", taken}});
  if (!why.empty())
    log::warning("former_files_left", {{"folder", folder.string()}, {"count", left}, {"message", why}});
  else
    fs::remove(folder, ec);
}

}  // namespace

void import_former_folders(const FormerFolders& folders, db::Database& database, const crypto::Identity& identity,
                           const Clock& clock) {
  import_folder(folders.data_folder / "uploads",
                [&](const fs::path& entry) { return import_upload(entry, folders.spool_folder, database, clock); });
  JobRows rows(database, clock, "import", std::chrono::seconds(1));
  import_folder(folders.data_folder / "media",
                [&](const fs::path& entry) { return import_job(entry, rows, identity); });
}

}  // namespace swarma::content::publish
