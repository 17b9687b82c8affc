// Public keys of others who sign with the algorithms of the web at large: RSA and P-256 as JWK (RFC 7517, RFC 7518),
// for what providers of accounts sign. Our own objects are signed by Ed25519 only (jws.h).
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/json.h"

namespace swarma::crypto {

enum class WebAlgorithm {
  Rs256,  // RSASSA-PKCS1-v1_5 with SHA-256
  Es256,  // ECDSA on P-256 with SHA-256; a signature is r ‖ s, 64 bytes
};
/// By its name in a JOSE header: "RS256", "ES256".
std::optional<WebAlgorithm> find_web_algorithm(std::string_view name);

/// Safe for concurrent use.
class WebKey {
 public:
  /// kty RSA with a modulus of 2,048 to 8,192 bits, or EC on P-256. BadRequest "bad_jwk" for any other, a point that is
  /// not on the curve, and a key with its private part. Members beside the key itself are not looked at.
  static Result<WebKey> from_jwk(const Json& jwk);
  /// False, too, when the algorithm is not one of this kind of key.
  bool verify(WebAlgorithm algorithm, ByteView message, ByteView signature) const;

 private:
  struct Key;
  WebKey(std::shared_ptr<const Key> key, WebAlgorithm algorithm) : key_(std::move(key)), algorithm_(algorithm) {}
  std::shared_ptr<const Key> key_;
  WebAlgorithm algorithm_;
};

}  // namespace swarma::crypto
