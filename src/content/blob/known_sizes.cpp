#include "content/blob/known_sizes.h"

#include <sys/xattr.h>

#include <array>
#include <string>

#include "base/text.h"

namespace swarma::content::blob {
namespace {

constexpr const char* kAttribute = "user.swarma.size";

bool write_size(const Fd& file, std::uint64_t size) {
  const std::string text = std::to_string(size);
  return ::fsetxattr(file.get(), kAttribute, text.data(), text.size(), 0) == 0;
}

}  // namespace

void KnownSizes::probe(const Fd& file) {
  in_files_ = write_size(file, 0);
}

std::optional<std::uint64_t> KnownSizes::find(const BlobId& id, const Fd& file) const {
  if (!in_files_) {
    const std::lock_guard lock(mutex_);
    const auto found = remembered_.find(id);
    return found == remembered_.end() ? std::nullopt : std::optional(found->second);
  }
  std::array<char, 24> text{};
  const ssize_t got = ::fgetxattr(file.get(), kAttribute, text.data(), text.size());
  if (got <= 0) return std::nullopt;
  return parse_number<std::uint64_t>({text.data(), static_cast<std::size_t>(got)});
}

void KnownSizes::put(const BlobId& id, const Fd& file, std::uint64_t size) {
  if (in_files_) {
    write_size(file, size);  // a disk that is too full for it: the file is hashed when it is opened
    return;
  }
  const std::lock_guard lock(mutex_);
  if (remembered_.size() >= kMaxRemembered) remembered_.clear();
  remembered_[id] = size;
}

void KnownSizes::forget(const BlobId& id) {
  const std::lock_guard lock(mutex_);
  remembered_.erase(id);
}

}  // namespace swarma::content::blob
