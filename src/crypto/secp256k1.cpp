#include "crypto/secp256k1.h"

#include <secp256k1.h>
#include <secp256k1_extrakeys.h>
#include <secp256k1_recovery.h>
#include <secp256k1_schnorrsig.h>

#include <algorithm>

namespace swarma::crypto {

bool verify_schnorr(const std::array<std::uint8_t, 32>& x_only_key, ByteView message, ByteView signature) {
  if (signature.size() != 64) return false;
  const secp256k1_context* const context = secp256k1_context_static;
  secp256k1_xonly_pubkey key;
  return secp256k1_xonly_pubkey_parse(context, &key, x_only_key.data()) == 1 &&
         secp256k1_schnorrsig_verify(context, signature.data(), message.data(), message.size(), &key) == 1;
}

std::optional<Secp256k1Point> recover_signer(const Digest& digest, const std::array<std::uint8_t, 64>& signature,
                                             int recovery_id) {
  const secp256k1_context* const context = secp256k1_context_static;
  if (recovery_id < 0 || recovery_id > 3) return std::nullopt;
  secp256k1_ecdsa_signature plain;
  if (secp256k1_ecdsa_signature_parse_compact(context, &plain, signature.data()) != 1 ||
      secp256k1_ecdsa_signature_normalize(context, nullptr, &plain) == 1)  // 1: it was not normal, s is high
    return std::nullopt;
  secp256k1_ecdsa_recoverable_signature recoverable;
  secp256k1_pubkey key;
  if (secp256k1_ecdsa_recoverable_signature_parse_compact(context, &recoverable, signature.data(), recovery_id) != 1 ||
      secp256k1_ecdsa_recover(context, &key, &recoverable, digest.data()) != 1)
    return std::nullopt;
  std::array<std::uint8_t, 65> text;  // 4 ‖ x ‖ y
  std::size_t size = text.size();
  secp256k1_ec_pubkey_serialize(context, text.data(), &size, &key, SECP256K1_EC_UNCOMPRESSED);
  Secp256k1Point point;
  std::copy(text.begin() + 1, text.end(), point.begin());
  return point;
}

}  // namespace swarma::crypto
