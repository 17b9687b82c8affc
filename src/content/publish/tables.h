// The rows of films on their way in: uploads and packaging jobs, shared by all nodes on one database.
#pragma once

#include <span>

#include "db/database.h"

namespace swarma::content::publish {

/// Those of work/ come first.
std::span<const db::Migration> migrations();

}  // namespace swarma::content::publish
