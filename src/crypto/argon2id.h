// Argon2id (RFC 9106) with one lane, by libsodium: slow and large on purpose.
#pragma once

#include <string_view>

#include "base/bytes.h"

namespace swarma::crypto {

inline constexpr std::size_t kArgonSaltBytes = 16;

struct ArgonCost {
  std::size_t memory_bytes = 0;  // at least 8 KiB
  unsigned passes = 1;
};

/// `size` bytes, at least 16. `salt` has kArgonSaltBytes. Safe for concurrent use; each call takes its memory for its
/// own. Unavailable "out_of_memory" when the memory cannot be had.
Result<Bytes> argon2id(std::string_view password, ByteView salt, ArgonCost cost, std::size_t size = 32);

}  // namespace swarma::crypto
