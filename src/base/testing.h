// What the tests of every module share.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace swarma::testing {

/// A folder under the system's temporary one, removed with everything in it at the end.
class TemporaryFolder {
 public:
  /// The system chooses the name: the randomness of a test program may repeat itself.
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "swarma-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~TemporaryFolder() {
    if (path_.empty()) return;
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace swarma::testing
