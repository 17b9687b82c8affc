// An attestation (`swarma-attestation+jwt`): a verifier says that one viewer met one requirement of one title.
// Short-lived, revocable, consumed by the first grant made from it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "access/policy/policy.h"
#include "base/clock.h"
#include "crypto/jws.h"
#include "db/database.h"

namespace swarma::access::attest {

inline constexpr std::size_t kMaxAttestationBytes = 8 * 1024;
inline constexpr std::size_t kMaxBasisBytes = 160;

struct Attestation {
  std::string id;  // base64url, 16 bytes
  crypto::Did issuer;
  std::string subject;  // jkt
  TitleId title;
  policy::Requirement requirement;
  std::string params;    // canonical JSON: the snapshot the viewer met
  std::string key;       // leaf key of requirement and params
  std::string evidence;  // canonical JSON
  double trust = 0;
  Instant issued_at;
  Expiry expires_at;
  std::string nonce;
  std::string basis = {};            // Evidence::basis
  std::optional<Expiry> until = {};  // Evidence::until
  std::string jws = {};              // the text that was verified; not part of the claims
};

Result<std::string> sign_attestation(const Attestation& attestation, const crypto::SigningKey& issuer);

struct AttestationExpectation {
  std::string viewer;
  TitleId title;
  Instant now;
  /// Whether the policy (or the node) accepts this issuer.
  std::function<bool(const crypto::Did&)> accepts;
};
/// Signature, then issuer, subject, title and life. Forbidden: attestation_forged, issuer_not_trusted,
/// attestation_wrong_viewer, attestation_wrong_title, attestation_expired. Whether it was used or revoked is in the
/// database.
Result<Attestation> verify_attestation(std::string_view jws, const AttestationExpectation& expected);

/// Attestations that need not be read and verified again (recently_issued.h). Safe for concurrent use.
class KnownAttestations {
 public:
  virtual ~KnownAttestations() = default;
  /// By attestation_digest(); null if it is not here.
  virtual std::shared_ptr<const Attestation> find(const std::string& digest) const = 0;
};
/// The same; but what is `known` (may be null), or what this database itself issued, is known by its hash, and its
/// signature is not computed again. Any other text takes the full way.
Result<Attestation> verify_attestation(db::Database& database, const KnownAttestations* known, std::string_view jws,
                                       const AttestationExpectation& expected);
/// base64url SHA-256 of the JWS: what the database keeps of an attestation.
std::string attestation_digest(std::string_view jws);

/// Consumes it inside the caller's transaction: Forbidden attestation_used or attestation_revoked. Works for
/// attestations of other issuers too, which are first seen here.
Result<void> consume(db::Session& session, const Attestation& attestation, Instant now);

/// Whether an attestation of another node still holds there: as ForeignVerifiers::check. May be empty: nobody is asked.
using StillGood = std::function<Result<void>(const Attestation&, Instant now)>;

enum class AttestationState { Valid, Used, Revoked, Expired };
std::string_view to_string(AttestationState state);

}  // namespace swarma::access::attest
