// A folder for one test, removed with everything in it.
#pragma once

#include <filesystem>

#include "base/bytes.h"
#include "base/random.h"

namespace swarma::content::blob {

class TestFolder {
 public:
  TestFolder() : path_(std::filesystem::temp_directory_path() / ("swarma-test-" + to_hex(random_array<8>()))) {
    std::filesystem::create_directory(path_);
  }
  ~TestFolder() {
    std::error_code ec;
    std::filesystem::remove_all(path_, ec);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace swarma::content::blob
