#include "crypto/keys.h"

#include <sodium.h>

#include <cstdlib>

namespace swarma::crypto {
namespace {

/// libsodium picks its fastest code for this processor on the first call; 1 means that it has done so before.
void prepare_sodium() {
  static const bool ready = sodium_init() >= 0;
  if (!ready) std::abort();
}

Secret<64> expand(const SecretKey& seed) {
  prepare_sodium();
  Secret<64> expanded;
  PublicKey ignored;  // it is the second half of the expanded key as well
  crypto_sign_ed25519_seed_keypair(ignored.data(), expanded.expose_mutable().data(), seed.expose().data());
  return expanded;
}

/// An honest seed or scalar gives an honest key: failing here takes broken hardware.
template <class T>
T must(Result<T> result) {
  if (!result) std::abort();
  return *std::move(result);
}

Did did_of(const Secret<64>& expanded) {
  PublicKey key;
  crypto_sign_ed25519_sk_to_pk(key.data(), expanded.expose().data());
  return must(Did::from_public_key(key));
}

EncryptionKey public_part(const SecretKey& scalar) {
  prepare_sodium();
  PublicKey key;
  crypto_scalarmult_curve25519_base(key.data(), scalar.expose().data());
  return must(EncryptionKey::from_public_key(key));
}

}  // namespace

SigningKey::SigningKey(const SecretKey& seed)
    : expanded_(expand(seed)), did_(did_of(expanded_)), jkt_(thumbprint(did_.public_key())) {}

SigningKey SigningKey::generate() {
  return SigningKey(random_key());
}

Signature SigningKey::sign(ByteView message) const {
  Signature signature;
  crypto_sign_ed25519_detached(signature.data(), nullptr, message.data(), message.size(), expanded_.expose().data());
  return signature;
}

bool verify(const Did& signer, ByteView message, ByteView signature) {
  prepare_sodium();
  return signature.size() == crypto_sign_ed25519_BYTES &&
         crypto_sign_ed25519_verify_detached(signature.data(), message.data(), message.size(),
                                             signer.public_key().data()) == 0;
}

DecryptionKey::DecryptionKey(const SecretKey& scalar) : scalar_(scalar), public_(public_part(scalar)) {}

DecryptionKey DecryptionKey::generate() {
  return DecryptionKey(random_key());
}

Result<SecretKey> DecryptionKey::agree(const EncryptionKey& peer) const {
  SecretKey shared;
  if (crypto_scalarmult_curve25519(shared.expose_mutable().data(), scalar_.expose().data(), peer.public_key().data()) !=
      0)
    return fail(ErrorCode::Corrupt, "weak_key_agreement",
                "The other side's key leads to a secret that everybody knows.");
  return shared;
}

}  // namespace swarma::crypto
