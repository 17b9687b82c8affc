#include "crypto/argon2id.h"

#include <sodium.h>

#include <cstdlib>

namespace swarma::crypto {

static_assert(kArgonSaltBytes == crypto_pwhash_argon2id_SALTBYTES);

Result<Bytes> argon2id(std::string_view password, ByteView salt, ArgonCost cost, std::size_t size) {
  static const int ready = sodium_init();
  if (salt.size() != kArgonSaltBytes || ready < 0) std::abort();
  Bytes out(size);
  if (crypto_pwhash_argon2id(out.data(), out.size(), password.data(), password.size(), salt.data(), cost.passes,
                             cost.memory_bytes, crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0)
    return fail(ErrorCode::Unavailable, "out_of_memory", "There is not enough memory for this right now: try again.",
                std::chrono::seconds(1));
  return out;
}

}  // namespace swarma::crypto
