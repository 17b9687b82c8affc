// Keccak-256 by Crypto++: OpenSSL 3.0 and libsodium know only SHA-3, which pads differently. Its headers stay in this
// file.
#include <cryptopp/keccak.h>

#include "crypto/hash.h"

namespace swarma::crypto {

Digest keccak256(ByteView bytes) {
  CryptoPP::Keccak_256 keccak;
  keccak.Update(bytes.data(), bytes.size());
  Digest out;
  keccak.Final(out.data());
  return out;
}

}  // namespace swarma::crypto
