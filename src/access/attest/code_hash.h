// Inside access/attest: the hash of a code.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/error.h"

namespace swarma::access::attest {

/// Argon2id. Unavailable ("out_of_memory") when the memory cannot be had.
Result<Bytes> hash_code(std::string_view code, ByteView salt);

}  // namespace swarma::access::attest
