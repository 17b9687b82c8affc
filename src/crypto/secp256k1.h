// The curve of Bitcoin, Nostr and Ethereum (libsecp256k1). Checking only: nothing here holds a secret key. Safe for
// concurrent use.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "crypto/hash.h"

namespace swarma::crypto {

/// BIP-340: whether `signature` (64 bytes) over `message` is by the key with this x coordinate.
bool verify_schnorr(const std::array<std::uint8_t, 32>& x_only_key, ByteView message, ByteView signature);

/// A point of the curve, x ‖ y.
using Secp256k1Point = std::array<std::uint8_t, 64>;

/// The key that made the ECDSA signature r ‖ s over a digest; `recovery_id` 0..3. Nothing for an invalid signature and
/// for one whose s is in the upper half (EIP-2), so that a signature has one spelling.
std::optional<Secp256k1Point> recover_signer(const Digest& digest, const std::array<std::uint8_t, 64>& signature,
                                             int recovery_id);

}  // namespace swarma::crypto
