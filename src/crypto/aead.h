// AES-256-GCM (NIST SP 800-38D, OpenSSL EVP). Stored form: ciphertext ‖ 16-byte tag.
#pragma once

#include "base/bytes.h"
#include "crypto/secret.h"

namespace swarma::crypto {

inline constexpr std::size_t kTagBytes = 16;
using Nonce = std::array<std::uint8_t, 12>;

/// Encrypts into `out` (resized to plaintext.size() + kTagBytes; its capacity is reused). A (key, nonce) pair must
/// never meet two plaintexts: the caller's duty (content/publish/track_encryptor.h asserts it).
void aead_seal(const SecretKey& key, const Nonce& nonce, ByteView additional_data, ByteView plaintext, Bytes& out);

/// The same in the plaintext's own place.
void aead_seal_in_place(const SecretKey& key, const Nonce& nonce, ByteView additional_data, Bytes& bytes);

/// Decrypts; Corrupt ("decryption_failed") when key, nonce, additional data or any bit differs. `out` is then empty.
Result<void> aead_open(const SecretKey& key, const Nonce& nonce, ByteView additional_data, ByteView sealed, Bytes& out);

/// A sealed small value at rest, nonce ‖ ciphertext ‖ tag with a random nonce. `context` is bound as additional data.
Bytes wrap(const SecretKey& key, std::string_view context, ByteView plaintext);
Result<Bytes> unwrap(const SecretKey& key, std::string_view context, ByteView wrapped);

}  // namespace swarma::crypto
