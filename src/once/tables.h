#pragma once

#include <span>

#include "db/database.h"

namespace swarma::once {

/// Where access::grant::migrations() are applied too, they come first: earlier versions kept these tables there.
std::span<const db::Migration> migrations();

}  // namespace swarma::once
