#include "content/blob/directory_blob_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/random.h"
#include "content/blob/directory_blob_writer.h"

namespace swarma::content::blob {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::hours kIncomingLife{24};  // longer than any upload lasts

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

Result<Directory> open_directory(const fs::path& path) {
  Directory directory(::opendir(path.c_str()));
  if (directory == nullptr) return disk_error("list", path);
  return directory;
}

/// Makes a folder if it is missing; true if it was.
Result<bool> make_folder(const fs::path& path) {
  if (::mkdir(path.c_str(), 0755) == 0) return true;
  if (errno == EEXIST) return false;
  return disk_error("make the folder", path);
}

class DirectoryBlobStore final : public BlobStore {
 public:
  DirectoryBlobStore(fs::path folder, const DirectoryOptions& options)
      : folders_(std::move(folder), options.cached_descriptors) {
    folders_.unnamed_temporaries = options.unnamed_temporaries;
  }

  Result<void> prepare() {
    SWARMA_RETURN_IF_ERROR(make_folders());
    SWARMA_TRY(const Instant now, probe_temporaries());
    return sweep_incoming(now);
  }

  Result<std::unique_ptr<BlobWriter>> create_writer() override {
    auto writer = std::make_unique<DirectoryBlobWriter>(folders_);
    SWARMA_RETURN_IF_ERROR(writer->open_temporary());
    return writer;
  }

  Result<OpenBlob> open(const BlobId& id) override {
    if (auto cached = folders_.descriptors.find(id)) {
      struct stat state{};
      if (::fstat(cached->file->get(), &state) == 0 && static_cast<std::uint64_t>(state.st_size) == cached->size &&
          state.st_nlink > 0 && (state.st_mode & S_IRUSR) != 0)
        return *std::move(cached);
      folders_.descriptors.forget(id);  // cut short, replaced, removed or set aside meanwhile
    }
    for (bool checked = false;; checked = true) {
      SWARMA_TRY(OpenBlob blob, open_file(id));
      if (checked || folders_.sizes.find(id, *blob.file) == blob.size) {
        folders_.descriptors.put(id, blob);
        return blob;
      }
      SWARMA_TRY(const auto size, verify(id));
      if (!size) return absent(id);
    }
  }

  Result<std::optional<std::uint64_t>> find_size(const BlobId& id) override {
    const BlobName name(id);
    struct stat state{};
    if (::fstatat(folders_.shard_of(id).fd(), name.c_str(), &state, AT_SYMLINK_NOFOLLOW) == 0)
      return static_cast<std::uint64_t>(state.st_size);
    if (errno == ENOENT) return std::nullopt;
    return disk_error("look at the blob", name.c_str());
  }

  Result<std::optional<std::uint64_t>> touch(const BlobId& id) override {
    return folders_.shard_of(id).touch(BlobName(id).c_str());
  }

  Result<void> remove(const BlobId& id) override {
    folders_.descriptors.forget(id);
    const BlobName name(id);
    if (::unlinkat(folders_.shard_of(id).fd(), name.c_str(), 0) != 0 && errno != ENOENT)
      return disk_error("remove the blob", name.c_str());
    return {};
  }

  Result<bool> remove_if_unused_since(const BlobId& id, Instant since, Instant not_before) override {
    SWARMA_TRY(const bool removed,
               folders_.shard_of(id).remove_if_unused_since(BlobName(id).c_str(), since, not_before));
    if (removed) folders_.descriptors.forget(id);
    return removed;
  }

  Result<bool> remove_if_unused(const BlobId& id, WriteMark mark) override {
    SWARMA_TRY(const bool removed, folders_.shard_of(id).remove_if_last_used(BlobName(id).c_str(), mark));
    if (removed) folders_.descriptors.forget(id);
    return removed;
  }

  Result<std::optional<std::uint64_t>> verify(const BlobId& id) override {
    for (;;) {
      SWARMA_TRY(const auto size, folders_.examine(id));
      if (size) return size;
      SWARMA_TRY(const bool moved, folders_.set_aside(id));
      if (moved) return std::nullopt;
    }  // mended or removed meanwhile: look again
  }

  Result<std::vector<BlobId>> list_damaged() override {
    SWARMA_TRY(const Directory directory, open_directory(folders_.damaged));
    std::vector<BlobId> found;
    while (const dirent* entry = ::readdir(directory.get()))
      if (const auto id = BlobId::parse(entry->d_name)) found.push_back(*id);
    return found;
  }

  Result<void> list(const std::function<bool(const BlobId&, std::uint64_t size)>& visit) override {
    for (unsigned shard = 0; shard < folders_.shards.size(); ++shard) {
      SWARMA_TRY(const bool more, list_shard(shard, visit));
      if (!more) break;
    }
    return {};
  }

  Result<void> list_part(std::uint8_t first_byte,
                         const std::function<bool(const BlobId&, std::uint64_t size)>& visit) override {
    SWARMA_RETURN_IF_ERROR(list_shard(first_byte, visit));
    return {};
  }

  Result<std::optional<WriteMark>> put_hashed(const BlobId& id, ByteView bytes) override {
    ShardFolder& shard = folders_.shard_of(id);
    SWARMA_TRY(const auto present, shard.touch(BlobName(id).c_str()));
    if (present == bytes.size()) {
      const auto size = folders_.examine(id);
      if (size && *size) {
        SWARMA_RETURN_IF_ERROR(shard.sync());
        return std::nullopt;
      }
    }
    DirectoryBlobWriter writer(folders_);
    SWARMA_RETURN_IF_ERROR(writer.open_temporary());
    SWARMA_RETURN_IF_ERROR(writer.append(bytes));
    SWARMA_RETURN_IF_ERROR(writer.keep_as(id));
    return writer.mark();
  }

 private:
  fs::path shard_path(unsigned shard) const {
    const std::array<std::uint8_t, 1> byte = {static_cast<std::uint8_t>(shard)};
    return folders_.folder / to_hex(byte);
  }

  Result<void> make_folders() {
    std::error_code ec;
    fs::create_directories(folders_.folder, ec);
    if (ec)
      return fail(ErrorCode::Io, "io_failed",
                  "Cannot make the folder " + folders_.folder.string() + ": " + ec.message() + ".");
    SWARMA_TRY(bool made, make_folder(folders_.incoming));
    SWARMA_TRY(const bool made_damaged, make_folder(folders_.damaged));
    made = made || made_damaged;
    for (unsigned shard = 0; shard < folders_.shards.size(); ++shard) {
      SWARMA_TRY(const bool made_shard, make_folder(shard_path(shard)));
      SWARMA_RETURN_IF_ERROR(folders_.shards[shard].open(shard_path(shard)));
      made = made || made_shard;
    }
    if (!made) return {};
    SWARMA_RETURN_IF_ERROR(sync_folder(folders_.folder));
    return sync_folder(folders_.folder.parent_path());
  }

  /// The blob as it lies there, whatever its size.
  Result<OpenBlob> open_file(const BlobId& id) {
    const BlobName name(id);
    const int shard = folders_.shard_of(id).fd();
    Fd file(::openat(shard, name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!file && (errno == EMFILE || errno == ENFILE)) {
      folders_.descriptors.clear();  // better to serve slowly than not at all
      file = Fd(::openat(shard, name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    }
    if (!file && errno == ENOENT) return absent(id);
    struct stat state{};
    if (!file || ::fstat(file.get(), &state) != 0) return disk_error("open the blob", name.c_str());
    return OpenBlob{std::make_shared<const Fd>(std::move(file)), static_cast<std::uint64_t>(state.st_size)};
  }

  std::unexpected<Error> absent(const BlobId& id) const {
    const auto damaged = file_exists(folders_.damaged / id.hex());
    if (damaged && *damaged)
      return fail(ErrorCode::NotFound, "blob_damaged",
                  "Blob " + id.hex() + " was damaged on this node's disk. It is back once it is uploaded again.");
    return fail(ErrorCode::NotFound, "blob_not_found", "There is no blob " + id.hex() + " here.");
  }

  /// Learns whether this file system can name a file late, and what time it is there.
  Result<Instant> probe_temporaries() {
    const auto name = folders_.incoming / ("probe-" + to_hex(random_array<8>()));
    if (folders_.unnamed_temporaries) {
      const Fd file(::open(folders_.incoming.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600));
      const auto source = "/proc/self/fd/" + std::to_string(file.get());
      folders_.unnamed_temporaries =
          file && ::linkat(AT_FDCWD, source.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0;
    }
    const Fd file(::open(name.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    struct stat state{};
    if (!file || ::fstat(file.get(), &state) != 0) return disk_error("make the file", name);
    ::unlink(name.c_str());
    folders_.sizes.probe(file);
    return Instant(state.st_mtim.tv_sec);
  }

  Result<void> sweep_incoming(Instant now) {
    SWARMA_TRY(const Directory directory, open_directory(folders_.incoming));
    while (const dirent* entry = ::readdir(directory.get())) {
      struct stat state{};
      if (::fstatat(::dirfd(directory.get()), entry->d_name, &state, AT_SYMLINK_NOFOLLOW) != 0 ||
          !S_ISREG(state.st_mode))
        continue;
      if (Expiry(Instant(state.st_mtim.tv_sec), kIncomingLife).has_passed(now))
        ::unlinkat(::dirfd(directory.get()), entry->d_name, 0);
    }
    return {};
  }

  /// False when `visit` wants no more. Files that are not blobs of this shard are none of ours.
  Result<bool> list_shard(unsigned shard, const std::function<bool(const BlobId&, std::uint64_t size)>& visit) {
    SWARMA_TRY(const Directory directory, open_directory(shard_path(shard)));
    while (const dirent* entry = ::readdir(directory.get())) {
      const auto id = BlobId::parse(entry->d_name);
      if (!id || id->digest()[0] != shard) continue;
      struct stat state{};
      if (::fstatat(::dirfd(directory.get()), entry->d_name, &state, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT) continue;  // gone meanwhile
        return disk_error("look at the blob", entry->d_name);
      }
      if (S_ISREG(state.st_mode) && !visit(*id, static_cast<std::uint64_t>(state.st_size))) return false;
    }
    return true;
  }

  BlobFolders folders_;
};

}  // namespace

Result<std::unique_ptr<BlobStore>> open_directory_blob_store(const fs::path& folder, const DirectoryOptions& options) {
  auto store = std::make_unique<DirectoryBlobStore>(fs::absolute(folder).lexically_normal(), options);
  SWARMA_RETURN_IF_ERROR(store->prepare());
  return store;
}

Result<std::unique_ptr<BlobStore>> open_directory_blob_store(const fs::path& folder) {
  return open_directory_blob_store(folder, {});
}

}  // namespace swarma::content::blob
