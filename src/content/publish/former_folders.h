// Uploads and packaging jobs as earlier versions kept them: files in the data folder of their node. At start they
// become rows, and the bytes move to where all nodes reach them.
#pragma once

#include <filesystem>

#include "base/clock.h"
#include "crypto/keys.h"
#include "db/database.h"

namespace swarma::content::publish {

struct FormerFolders {
  std::filesystem::path data_folder;  // with uploads/<id>/{film,upload.json} and media/<id>.job
  std::filesystem::path spool_folder;
};

/// Takes over the files that can be read. Others stay where they are, and the log tells where. If it is stopped, it
/// goes on at the next start. The migrations (tables.h) have been applied, and the spool's folder is there.
void import_former_folders(const FormerFolders& folders, db::Database& database, const crypto::Identity& identity,
                           const Clock& clock);

}  // namespace swarma::content::publish
