// Other nodes whose verifiers this node's owner has listed. Their lists are rows, renewed from where they came from
// before they expire. Which of their attestations were revoked is in a short-lived list of theirs, fetched when one of
// them is shown here and kept in memory for seconds. Safe for concurrent use.
//
// While such a node does not answer, its last list is believed for kRevokedUsable; after that nothing of it opens
// anything here until it answers again. An issuer that a policy names but nobody has listed cannot be asked: then only
// the short life of its attestations bounds what a revocation there misses here.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "access/attest/attestation.h"
#include "access/attest/verifier.h"
#include "access/attest/verifier_record.h"

namespace swarma::access::attest {

inline constexpr std::size_t kMaxForeignVerifiers = 256;  // nodes
inline constexpr std::chrono::seconds kRevokedFresh{10};
inline constexpr std::chrono::minutes kRevokedUsable{5};

class ForeignVerifiers {
 public:
  /// `outbound` may be null: then nobody can be asked. `run`: VerifierNeeds::run.
  ForeignVerifiers(db::Database& database, crypto::Did self, net::Outbound* outbound,
                   std::function<void(std::move_only_function<void()>)> run);
  ~ForeignVerifiers();

  /// Takes another node's list, in place of an older one of the same node. BadRequest "verifier_is_own"; Conflict
  /// "verifier_record_older"; TooMany "too_many_verifiers"; those of verify_verifier_record.
  Result<VerifierRecord> put(std::string_view jws, Instant now);
  /// NotFound "verifier_unknown".
  Result<void> remove(const std::string& issuer);
  /// Those that have expired, too: their node has not answered since.
  Result<std::vector<VerifierRecord>> list() const;

  /// Whether it was revoked at the node that issued it. Forbidden "attestation_revoked"; Unavailable
  /// "issuer_being_asked" (ask again in a second) and "issuer_silent".
  Result<void> check(const Attestation& attestation, Instant now);

  /// Asks the nodes whose lists are half through their life for new ones.
  void renew(Instant now);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace swarma::access::attest
