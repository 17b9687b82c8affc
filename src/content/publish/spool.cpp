#include "content/publish/spool.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/json.h"
#include "base/random.h"

namespace swarma::content::publish {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> unknown() {
  return fail(ErrorCode::NotFound, "upload_not_found", "There is no such upload; it may have expired. Start it again.");
}

bool is_id(std::string_view id) {
  return id.size() == 32 &&
         std::all_of(id.begin(), id.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

Result<std::unique_ptr<Spool>> Spool::open(const fs::path& folder, std::uint64_t max_bytes, const Clock& clock) {
  SWARMA_CHECK(ensure_private_folder(folder));
  std::unique_ptr<Spool> spool(new Spool(folder, max_bytes, clock));
  spool->drop_expired();
  return spool;
}

void Spool::drop_expired() {
  std::error_code ec;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, ec)) {
    const auto upload = find(entry.path().filename().string());
    if (!upload ? upload.error().code == ErrorCode::NotFound : upload->expires_at.has_passed(clock_.now()))
      fs::remove_all(entry.path(), ec);
  }
}

Result<Upload> Spool::create(std::uint64_t length, std::string_view filename) {
  if (length == 0) return fail(ErrorCode::BadRequest, "upload_empty", "The file is empty.");
  if (length > max_bytes_)
    return fail(ErrorCode::TooLarge, "upload_too_large",
                "This node takes films of at most " + std::to_string(max_bytes_) + " bytes.");
  const std::lock_guard lock(mutex_);
  drop_expired();
  std::error_code ec;
  const auto count = std::distance(fs::directory_iterator(folder_, ec), fs::directory_iterator());
  if (static_cast<std::size_t>(count) >= kMaxUploads)
    return fail(ErrorCode::TooMany, "too_many_uploads", "Too many unfinished uploads. Finish or remove some first.",
                std::chrono::minutes(1));
  if (const fs::space_info space = fs::space(folder_, ec); !ec && space.available < length)
    return fail(ErrorCode::Io, "disk_full", "The disk of this node has too little room for this film.");
  const std::string id = to_hex(random_array<16>());
  SWARMA_CHECK(ensure_private_folder(folder_ / id));
  const Json meta = {{"length", length}, {"filename", std::string(filename.substr(0, 300))}};
  SWARMA_CHECK(write_file_durably(folder_ / id / "film", {}, 0600));
  SWARMA_CHECK(write_file_durably(folder_ / id / "upload.json",
                                  view(meta.dump(-1, ' ', false, Json::error_handler_t::replace)), 0600));
  return find(id);
}

Result<Upload> Spool::find(std::string_view id) {
  if (!is_id(id)) return unknown();
  const fs::path home = folder_ / id;
  const auto meta = read_file(home / "upload.json", 4096);
  if (!meta && meta.error().code == ErrorCode::NotFound) return unknown();
  if (!meta) return std::unexpected(meta.error());
  struct stat info{};
  if (::stat((home / "film").c_str(), &info) != 0) {
    if (errno == ENOENT) return unknown();
    return std::unexpected(io_error("look at", home / "film"));
  }
  SWARMA_TRY(const Json json, parse_json(as_text(*meta)));
  const JsonReader reader(json, "upload");
  SWARMA_TRY(const std::int64_t length, reader.integer("length", 1, INT64_MAX));
  SWARMA_TRY(std::string filename, reader.text("filename", 1000));
  return Upload{std::string(id), std::move(filename), static_cast<std::uint64_t>(length),
                std::min(static_cast<std::uint64_t>(info.st_size), static_cast<std::uint64_t>(length)),
                Expiry(Instant(info.st_mtime), kUploadLife)};
}

Result<Upload> Spool::append(std::string_view id, std::uint64_t offset, ByteView bytes) {
  {
    const std::lock_guard lock(mutex_);
    if (!busy_.emplace(id).second)
      return fail(ErrorCode::Conflict, "upload_busy", "Another request is writing to this upload.");
  }
  const auto attempt = [&]() -> Result<Upload> {
    SWARMA_TRY(const Upload upload, find(id));
    if (offset != upload.offset)
      return fail(ErrorCode::Conflict, "upload_offset_mismatch",
                  "This upload stands at byte " + std::to_string(upload.offset) + ".");
    if (bytes.size() > upload.length - upload.offset)
      return fail(ErrorCode::TooLarge, "upload_too_long", "More bytes than the upload promised.");
    const fs::path path = folder_ / id / "film";
    const Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd) return std::unexpected(io_error("open", path));
    for (std::size_t done = 0; done < bytes.size();) {
      const ssize_t put =
          ::pwrite(fd.get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
      if (put < 0 && errno == EINTR) continue;
      if (put <= 0) {
        const Error error = io_error("write", path);
        if (::ftruncate(fd.get(), static_cast<off_t>(offset)) != 0) return std::unexpected(io_error("truncate", path));
        return std::unexpected(error);
      }
      done += static_cast<std::size_t>(put);
    }
    return find(id);
  };
  auto result = attempt();
  const std::lock_guard lock(mutex_);
  busy_.erase(busy_.find(id));
  return result;
}

Result<void> Spool::remove(std::string_view id) {
  SWARMA_CHECK(find(id));
  std::error_code ec;
  fs::remove_all(folder_ / id, ec);
  if (ec) return fail(ErrorCode::Io, "io_failed", "Cannot remove the upload: " + ec.message() + ".");
  return {};
}

Result<fs::path> Spool::film_so_far(std::string_view id) {
  SWARMA_CHECK(find(id));
  return folder_ / id / "film";
}

Result<fs::path> Spool::film(std::string_view id) {
  SWARMA_TRY(const Upload upload, find(id));
  if (!upload.complete())
    return fail(ErrorCode::Conflict, "upload_incomplete",
                "The upload is not complete: " + std::to_string(upload.offset) + " of " +
                    std::to_string(upload.length) + " bytes are here.");
  return folder_ / id / "film";
}

}  // namespace swarma::content::publish
