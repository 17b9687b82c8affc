// DPoP (RFC 9449): a request that acts for a viewer or a creator carries a proof by that key.
//
// Claims: jti, htm, htu (no query, no fragment), iat, nonce (server's, MAC of a time slice: nodes that share the secret
// agree without a database), ath when a token is presented, and two of our own, because DPoP itself covers neither body
// nor query: `htd`, base64url SHA-256 of the request body, required for every request with a body; `htx`, the same of
// what else decides the outcome (describe_extras), which a client adds to bind it too.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "crypto/jws.h"

namespace swarma::crypto {

inline constexpr std::chrono::seconds kDpopSkew{60};

struct DpopClaims {
  std::string method;        // "POST"
  std::string url;           // normalised, without query
  std::string nonce;         // making: the server's, empty on the first request; expecting: empty for "any"
  std::string body_digest;   // base64url SHA-256, empty for no body
  std::string access_token;  // the whole token, empty when none is presented
  std::string extras;        // describe_extras; making: empty leaves htx out; expecting: compared when htx is there
  // Only for expecting:
  std::vector<std::string> other_urls;  // normalised: by which this resource is known as well
  bool body_follows = false;  // htd must be there; the caller compares DpopProof::body_digest with what arrives
};

/// What of a request decides its outcome beside method, path and body: the query, and the headers that describe an
/// upload (Upload-Length, Upload-Offset, Upload-Metadata), each on a line of its own. Empty when there is none of them.
struct RequestExtras {
  std::string_view query, upload_length, upload_offset, upload_metadata;
};
std::string describe_extras(const RequestExtras& extras);

/// Makes a proof with a fresh jti.
std::string make_dpop_proof(const SigningKey& key, const DpopClaims& claims, Instant now);

struct DpopProof {
  Did signer;
  std::string jkt;
  std::string jti;          // 1 to 128 printable ASCII characters
  Instant issued_at;        // within kDpopSkew of now
  std::string nonce;        // as claimed, may be empty
  std::string url;          // the one of the expected addresses that it was made for
  std::string body_digest;  // htd as claimed
};

class DpopNonces;

/// Checks everything but replay of the jti (the caller records it until issued_at + kDpopSkew has passed) and
/// whether the nonce is one of ours: an expected.nonce that is not empty must be equal. `htd` and `ath` must be there
/// exactly when a digest or token is expected. Errors: Unauthenticated with reason "invalid_dpop_proof" or
/// "use_dpop_nonce".
Result<DpopProof> verify_dpop_proof(std::string_view proof, const DpopClaims& expected, Instant now);
/// The same for a server: the claimed nonce must be one that `nonces` accepts, else "use_dpop_nonce".
Result<DpopProof> verify_dpop_proof(std::string_view proof, const DpopClaims& expected, const DpopNonces& nonces,
                                    Instant now);

/// Server nonces: MAC over a time slice of 60 s; the current and the two previous slices are accepted. Safe for
/// concurrent use.
class DpopNonces {
 public:
  explicit DpopNonces(const SecretKey& secret) : secret_(secret) {}
  std::string current(Instant now) const;
  bool accepts(std::string_view nonce, Instant now) const;

 private:
  std::string of_slice(std::int64_t slice) const;
  SecretKey secret_;
};

/// RFC 3986 §6.2.2 and 6.2.3 without dot segments: scheme and host in lower case, no default port, an empty path as
/// "/", percent-encoding in upper case and only where needed; no query and no fragment. BadRequest if not http(s), or
/// with user information.
Result<std::string> normalise_htu(std::string_view url);

}  // namespace swarma::crypto
