// One data folder, one process: a second node on it would take the first one's jobs and journals for its own.
#pragma once

#include <filesystem>
#include <string>

#include "base/file.h"

namespace swarma::node {

/// Held for the life of a node. The kernel lets go of it when the process ends, however it ends.
class HomeLock {
 public:
  /// Conflict ("data_in_use") naming the folder, and the process if it can be told, while another node holds it.
  /// Io with a sentence when the folder cannot be locked (read-only, or on a file system without locks).
  static Result<HomeLock> take(const std::filesystem::path& data);

  /// Tells this folder from any other and stays the same over restarts; a copy of the folder gets another one.
  const std::string& id() const { return id_; }

 private:
  HomeLock(Fd file, std::string id) : file_(std::move(file)), id_(std::move(id)) {}

  Fd file_;
  std::string id_;
};

}  // namespace swarma::node
