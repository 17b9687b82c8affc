// What a node says of itself to other nodes: its list of verifiers (`swarma-verifier+jwt`), and which of its
// attestations were revoked (`swarma-revoked+jwt`). Both are signed by the key that signs the attestations.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "access/policy/policy.h"
#include "base/clock.h"
#include "crypto/jws.h"

namespace swarma::access::attest {

inline constexpr std::size_t kMaxVerifierRecordBytes = 48 * 1024;
inline constexpr std::size_t kMaxListedVerifiers = 64;
inline constexpr std::chrono::hours kVerifierRecordLife{24};
inline constexpr std::chrono::days kMaxVerifierRecordLife{31};  // of foreign ones

struct ListedVerifier {
  policy::Requirement requirement;
  std::string variant;
  double trust = 0;
  std::string calibration;
  bool available = true;
};

struct VerifierRecord {
  crypto::Did issuer;
  std::string url;  // scheme://host[:port] of the node
  Instant issued_at;
  Expiry expires_at;
  std::vector<ListedVerifier> verifiers;
};

Result<std::string> sign_verifier_record(const VerifierRecord& record, const crypto::SigningKey& issuer);

/// Signature by the issuer it names, form, and life. Requirements that this program does not know are left out.
/// Forbidden "verifier_record_bad", "verifier_record_expired".
Result<VerifierRecord> verify_verifier_record(std::string_view jws, Instant now);

inline constexpr std::size_t kMaxRevokedIds = 50'000;
inline constexpr std::size_t kMaxRevokedBytes = 2 * 1024 * 1024;
inline constexpr std::chrono::seconds kRevokedLife{60};

Result<std::string> sign_revoked(const std::vector<std::string>& ids, const crypto::SigningKey& issuer, Instant now);

/// The ids. Corrupt "revoked_list_bad"; also for one that is older than kRevokedLife, or by another issuer.
Result<std::set<std::string>> verify_revoked(std::string_view jws, const crypto::Did& issuer, Instant now);

}  // namespace swarma::access::attest
