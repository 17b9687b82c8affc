// Compact JWS (RFC 7515) with `alg: EdDSA` (RFC 8037), payload in canonical JSON, and compact JWE
// (RFC 7516) `ECDH-ES+A256KW` (RFC 7518 §4.6) over X25519 with `A256GCM`. The npm package `jose` reads all of them.
//
// Verification works on the text as received. Refused: alg other than EdDSA and Ed25519, any "crit", missing or other
// `typ`, a "kid" that names another signer, non-canonical base64url, duplicate members, more than max_bytes. Errors:
// TooLarge, BadRequest ("bad_jws", "wrong_jws_type", "bad_jwe"), Corrupt ("bad_signature", "wrong_signer",
// "decryption_failed"). A `typ` that is given here is plain ASCII without quotes.
#pragma once

#include <memory>
#include <utility>

#include "crypto/keys.h"

namespace swarma::crypto {

inline constexpr std::size_t kMaxJwsBytes = 64 * 1024;

/// `typ` values (docs/reference/protocol.md).
inline constexpr std::string_view kTitleTyp = "swarma-title+jwt";
inline constexpr std::string_view kAttestationTyp = "swarma-attestation+jwt";
inline constexpr std::string_view kGrantTyp = "swarma-grant+jwt";
inline constexpr std::string_view kTokenTyp = "swarma-token+jwt";
inline constexpr std::string_view kDpopTyp = "dpop+jwt";
inline constexpr std::string_view kCredentialTyp = "vc+jwt";  // W3C Verifiable Credentials (vc-jose-cose)

/// Header {"alg":"EdDSA","kid":"<did>","typ":…}. Fails only when the payload has no canonical form.
Result<std::string> sign_jws(const SigningKey& key, std::string_view typ, const Json& payload);
/// A credential: header {"alg":"EdDSA","cty":"vc","kid":"<did>#<key>","typ":"vc+jwt"}.
Result<std::string> sign_credential(const SigningKey& key, const Json& payload);
/// As above with the public JWK in the header instead of "kid" (DPoP).
Result<std::string> sign_jws_with_jwk(const SigningKey& key, std::string_view typ, const Json& payload);

/// Payload of a JWS signed by `signer`. The expected signer comes from the caller's knowledge, never from the token.
Result<Json> verify_jws(std::string_view jws, std::string_view typ, const Did& signer,
                        std::size_t max_bytes = kMaxJwsBytes);

/// Payload without any check of the signature: to learn the claimed issuer before verify_jws. Never trust it.
Result<Json> peek_jws(std::string_view jws, std::size_t max_bytes = kMaxJwsBytes);

/// A JWS that carries its own key (DPoP, holders of passes): verifies with the `jwk` of its header and returns the
/// signer and the payload.
Result<std::pair<Did, Json>> verify_self_signed_jws(std::string_view jws, std::string_view typ,
                                                    std::size_t max_bytes = 8192);

/// Encrypts to a recipient. `typ` goes into the protected header.
std::string encrypt_jwe(const EncryptionKey& recipient, std::string_view typ, ByteView plaintext);
/// encrypt_jwe for many recipients at half the cost: one ephemeral key serves kSealsPerKey objects within
/// kSealerKeySeconds. Each object still has a content key of its own, and its recipient alone can derive what wraps it;
/// sharing the ephemeral key between recipients gives none of them more (Bellare, Boldyreva, Staddon, "Randomness
/// re-use in multi-recipient encryption schemas", PKC 2003; docs/decisions/0010-shared-ephemeral-keys.md). Safe for
/// concurrent use.
class JweSealer {
 public:
  JweSealer();
  ~JweSealer();
  std::string encrypt(const EncryptionKey& recipient, std::string_view typ, ByteView plaintext);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};
inline constexpr int kSealsPerKey = 64;
inline constexpr int kSealerKeySeconds = 1;

/// Corrupt ("decryption_failed") when it is not for this key or any bit differs. The result is wiped by the caller's
/// type.
Result<Bytes> decrypt_jwe(const DecryptionKey& key, std::string_view jwe, std::size_t max_bytes = 1 << 20);

}  // namespace swarma::crypto
