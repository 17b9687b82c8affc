// Blobs as files. How one becomes visible:
//
//   1. its bytes go into a file without a name (O_TMPFILE), hashed on the way; into incoming/<random> where the file
//      system cannot do that;
//   2. fdatasync: the bytes are on disk;
//   3. linkat (or rename) gives it its name: visible, complete;
//   4. fsync of the shard folder, shared by those who commit there at the same time: the name is on disk.
//
// Killed at any moment, a name in a shard folder always means a whole blob. Should the disk damage one later, it is
// moved to damaged/ as soon as that is found: when it is opened, if its size is wrong (known_sizes.h), or when it is
// read again (scrub.h). Putting it again mends it: what is there already is read and hashed before it counts as the
// same.
#pragma once

#include "content/blob/blob_store.h"

namespace swarma::content::blob {

struct DirectoryOptions {
  std::size_t cached_descriptors = 1'024;
  bool unnamed_temporaries = true;  // false: as on a file system without O_TMPFILE (used where it is missing anyway)
};

Result<std::unique_ptr<BlobStore>> open_directory_blob_store(const std::filesystem::path& folder,
                                                             const DirectoryOptions& options);

}  // namespace swarma::content::blob
