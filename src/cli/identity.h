// The identity of a command: opened from --data, made on first use.
#pragma once

#include "cli/program.h"
#include "crypto/keys.h"

namespace swarma::cli {

/// Reads the passphrase from --passphrase-file if one is given.
Result<crypto::Identity> open_identity(const Common& common);

}  // namespace swarma::cli
