// Inside access/grant: what keys and passes have in common: a viewer shows attestations, and a path is met by them or
// is not.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "access/attest/attestation.h"
#include "access/grant/prepared_titles.h"
#include "access/policy/evaluate.h"

namespace swarma::access::grant {

/// Who shows attestations, and for what.
struct Showing {
  const PreparedTitle& title;
  const std::string& viewer;  // jkt
  Instant now;
  const std::vector<std::string>& own_issuers;  // accepted where the policy has no allow list
  const attest::KnownAttestations* recent = nullptr;
  const attest::StillGood& still_good;
};
/// Signature, issuer, viewer, title and life of each; the reasons of attest::verify_attestation, and of
/// attest::StillGood.
Result<std::vector<attest::Attestation>> verify_attestations(db::Database& database, const Showing& showing,
                                                             std::span<const std::string> jws);
/// As facts of the evaluation.
std::vector<policy::Proof> proofs_of(std::span<const attest::Attestation> verified);

/// The attestations a decision rests on: for each used key the most trusted, for equal trust the one that lasts
/// longest, then the first by id.
std::vector<attest::Attestation> choose_used(std::vector<attest::Attestation> verified,
                                             const std::vector<std::string>& keys);

/// The refusal of a path that is not met; its details hold "unmet". What only counts keep a viewer from has its own
/// reason (cooldown, max_plays); all else is policy_unmet.
std::unexpected<Error> refuse_unmet(const policy::PathDecision& decision);

}  // namespace swarma::access::grant
