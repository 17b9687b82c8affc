// What a blob folder remembers of those who use it, so that a database can tell its own garbage from films that only
// another database, or a newer state of this one, knows of.
//
//   databases/<id>             a database that uses this folder, and since when (unix_s; 0: since it was empty)
//   titles/<title>.<revision>  a title that became visible in one of them; the files are empty
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"

namespace swarma::content::blob {

class BlobStore;

/// Safe for concurrent use, also by several processes. Everything is durable when a call returns.
class StoreNotes {
 public:
  using Title = std::pair<TitleId, std::int64_t>;  // and its revision

  static Result<StoreNotes> open(const std::filesystem::path& folder);

  /// Notes that this database uses the folder. Returns since when: blobs that are older are not its own. The epoch if
  /// there was no blob when it came.
  Result<Instant> claim(const std::string& database, BlobStore& store, Instant now);
  Result<std::vector<std::string>> list_databases() const;
  Result<std::vector<Title>> list_titles() const;
  Result<void> note_title(const Title& title);
  Result<void> forget_title(const Title& title);
  /// From now on the folder is this database's alone, whatever was there before.
  Result<void> adopt(const std::string& database);

 private:
  explicit StoreNotes(const std::filesystem::path& folder)
      : databases_(folder / "databases"), titles_(folder / "titles") {}
  std::filesystem::path databases_, titles_;
};

}  // namespace swarma::content::blob
