// SHA-256, HMAC and HKDF (OpenSSL EVP, algorithms fetched once), Keccak-256 (keccak.cpp). All functions are safe to
// call concurrently.
#pragma once

#include <memory>

#include "base/bytes.h"
#include "base/ids.h"
#include "crypto/secret.h"

namespace swarma::crypto {

using Digest = BlobId::Digest;

Digest sha256(ByteView bytes);

/// The name of these stored bytes.
inline BlobId blob_id_of(ByteView bytes) {
  return BlobId(sha256(bytes));
}

/// Incremental SHA-256. Not safe for concurrent use. After finish() it starts anew.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(ByteView bytes);
  Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Digest hmac_sha256(ByteView key, ByteView message);

/// What Ethereum hashes with: Keccak as it was before SHA-3 changed the padding.
Digest keccak256(ByteView bytes);

/// HKDF-SHA256 (RFC 5869) with an empty salt: `info` separates the uses.
SecretKey hkdf_sha256(const SecretKey& key, std::string_view info);

}  // namespace swarma::crypto
