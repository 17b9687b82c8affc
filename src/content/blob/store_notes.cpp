#include "content/blob/store_notes.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <optional>

#include "base/file.h"
#include "base/text.h"
#include "content/blob/blob_store.h"

namespace swarma::content::blob {
namespace {

namespace fs = std::filesystem;

Result<void> for_each_file(const fs::path& folder, const std::function<Result<void>(std::string_view name)>& visit) {
  const std::unique_ptr<DIR, decltype([](DIR* open) { ::closedir(open); })> directory(::opendir(folder.c_str()));
  if (directory == nullptr) return std::unexpected(io_error("list", folder));
  errno = 0;
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    if (!name.starts_with('.') && name.find(".tmp-") == std::string_view::npos) SWARMA_RETURN_IF_ERROR(visit(name));
    errno = 0;
  }
  if (errno != 0) return std::unexpected(io_error("list", folder));
  return {};
}

std::string name_of(const StoreNotes::Title& title) {
  return title.first.text() + "." + std::to_string(title.second);
}

Result<void> remove_file(const fs::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return std::unexpected(io_error("remove", path));
  return {};
}

}  // namespace

Result<StoreNotes> StoreNotes::open(const fs::path& folder) {
  StoreNotes notes(folder);
  SWARMA_RETURN_IF_ERROR(ensure_private_folder(notes.databases_));
  SWARMA_RETURN_IF_ERROR(ensure_private_folder(notes.titles_));
  return notes;
}

Result<Instant> StoreNotes::claim(const std::string& database, BlobStore& store, Instant now) {
  const fs::path file = databases_ / database;
  SWARMA_TRY(const bool known, file_exists(file));
  if (!known) {
    bool empty = true;
    SWARMA_RETURN_IF_ERROR(store.list([&](const BlobId&, std::uint64_t) { return empty = false; }));
    SWARMA_RETURN_IF_ERROR(write_file_durably(file, view(std::to_string(empty ? 0 : now.unix_s())), 0600));
  }
  SWARMA_TRY(const Bytes text, read_file(file, 32));
  const auto since = parse_number<std::int64_t>(as_text(text));
  if (!since)
    return fail(ErrorCode::Corrupt, "blob_notes_bad",
                "The file " + file.string() + " is damaged. Run: swarma blobs adopt");
  return Instant(*since);
}

Result<std::vector<std::string>> StoreNotes::list_databases() const {
  std::vector<std::string> found;
  SWARMA_RETURN_IF_ERROR(for_each_file(databases_, [&](std::string_view name) -> Result<void> {
    found.emplace_back(name);
    return {};
  }));
  return found;
}

Result<std::vector<StoreNotes::Title>> StoreNotes::list_titles() const {
  std::vector<Title> found;
  SWARMA_RETURN_IF_ERROR(for_each_file(titles_, [&](std::string_view name) -> Result<void> {
    const auto id = TitleId::parse(name.substr(0, name.find('.')));
    const auto revision = name.find('.') == std::string_view::npos
                              ? std::nullopt
                              : parse_number<std::int64_t>(name.substr(name.find('.') + 1));
    if (id && revision) found.emplace_back(*id, *revision);
    return {};
  }));
  return found;
}

Result<void> StoreNotes::note_title(const Title& title) {
  const fs::path file = titles_ / name_of(title);
  const Fd made(::open(file.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  if (!made) return std::unexpected(io_error("make the file", file));
  return sync_folder(titles_);
}

Result<void> StoreNotes::forget_title(const Title& title) {
  return remove_file(titles_ / name_of(title));
}

Result<void> StoreNotes::adopt(const std::string& database) {
  SWARMA_RETURN_IF_ERROR(write_file_durably(databases_ / database, view("0"), 0600));
  SWARMA_RETURN_IF_ERROR(for_each_file(databases_, [&](std::string_view name) -> Result<void> {
    if (name == database) return {};
    return remove_file(databases_ / name);
  }));
  return sync_folder(databases_);
}

}  // namespace swarma::content::blob
