// How the file descriptors that the system allows are shared out, so that the parts of a node never want more together
// than there are.
#pragma once

#include <cstddef>

#include "base/error.h"

namespace swarma::node {

struct DescriptorNeeds {
  std::size_t connections = 0;  // as many as the operator wants
  unsigned loops = 0, workers = 0, database_connections = 0;
};

struct DescriptorBudget {
  std::size_t limit = 0;         // what the system allows
  std::size_t reserved = 0;      // for what runs in any case: folders, database, workers, packaging
  std::size_t cached_blobs = 0;  // blobs kept open
  std::size_t transfers = 0;     // files on their way out or in, of the connections that are not idle
  std::size_t connections = 0;   // a socket each
};

/// Shares out `limit`. Unavailable ("too_few_files") when not even a small node fits.
Result<DescriptorBudget> share_descriptors(std::size_t limit, const DescriptorNeeds& needs);

/// Raises this process' limit of open files as far as the system lets it, and returns it.
std::size_t raise_descriptor_limit();

}  // namespace swarma::node
