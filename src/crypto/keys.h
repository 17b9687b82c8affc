// Identities: Ed25519 signs, X25519 receives. did:key (w3c-ccg did-key v0.9), JWK (RFC 7517, 8037), thumbprint (RFC
// 7638).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/json.h"
#include "crypto/secret.h"

namespace swarma::crypto {

using PublicKey = std::array<std::uint8_t, 32>;

/// `did:key:z6Mk…`: an Ed25519 verification key. Non-canonical points and small-order keys are refused on parsing.
class Did {
 public:
  static Result<Did> parse(std::string_view text);
  static Result<Did> from_public_key(const PublicKey& key);
  const PublicKey& public_key() const { return key_; }
  const std::string& text() const { return text_; }
  bool operator==(const Did& other) const { return key_ == other.key_; }

 private:
  Did(const PublicKey& key, std::string text) : key_(key), text_(std::move(text)) {}
  PublicKey key_;
  std::string text_;
};

/// An X25519 public key, written `did:key:z6LS…`. Low-order points are refused on parsing.
class EncryptionKey {
 public:
  static Result<EncryptionKey> parse(std::string_view did);
  static Result<EncryptionKey> from_public_key(const PublicKey& key);
  static Result<EncryptionKey> from_jwk(const Json& jwk);  // {"kty":"OKP","crv":"X25519","x":…}; refuses a "d"
  const PublicKey& public_key() const { return key_; }
  std::string did() const;
  Json jwk() const;
  bool operator==(const EncryptionKey&) const = default;

 private:
  explicit EncryptionKey(const PublicKey& key) : key_(key) {}
  PublicKey key_;
};

/// RFC 7638 thumbprint of an Ed25519 key, base64url: the name of a viewer (`jkt`).
std::string thumbprint(const PublicKey& ed25519);
/// {"crv":"Ed25519","kty":"OKP","x":…}
Json ed25519_jwk(const PublicKey& key);
/// Refuses other kty/crv, a private part and bad points.
Result<Did> did_from_jwk(const Json& jwk);

using Signature = std::array<std::uint8_t, 64>;

/// An Ed25519 signing key (libsodium). Safe for concurrent use.
class SigningKey {
 public:
  explicit SigningKey(const SecretKey& seed);
  static SigningKey generate();
  const Did& did() const { return did_; }
  const std::string& jkt() const { return jkt_; }
  Signature sign(ByteView message) const;

 private:
  Secret<64> expanded_;
  Did did_;
  std::string jkt_;
};

/// RFC 8032 verification by libsodium (cofactorless, rejects S ≥ L and small-order keys): the one verifier of the
/// project.
bool verify(const Did& signer, ByteView message, ByteView signature);

/// An X25519 key pair.
class DecryptionKey {
 public:
  explicit DecryptionKey(const SecretKey& scalar);
  static DecryptionKey generate();
  const EncryptionKey& encryption_key() const { return public_; }
  /// X25519; Corrupt when the result is all zero (RFC 7748 §6.1).
  Result<SecretKey> agree(const EncryptionKey& peer) const;

 private:
  SecretKey scalar_;
  EncryptionKey public_;
};

/// The home of an identity: `<folder>/identity.json`, 0600, made on first use. Holds three independent random secrets:
/// the Ed25519 seed, the X25519 scalar and the master key, which wraps title secrets at rest. With a passphrase the
/// file holds them encrypted under Argon2id.
struct Identity {
  SigningKey signing;
  DecryptionKey decryption;
  SecretKey master;
};
Result<Identity> open_identity(const std::filesystem::path& folder, std::string_view passphrase = {});

}  // namespace swarma::crypto
