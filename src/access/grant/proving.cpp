#include "access/grant/proving.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace swarma::access::grant {

Result<std::vector<attest::Attestation>> verify_attestations(db::Database& database, const Showing& showing,
                                                             std::span<const std::string> jws) {
  const attest::AttestationExpectation expected{
      showing.viewer, showing.title.record.id, showing.now, [&](const crypto::Did& issuer) {
        return showing.title.policy.accepts_issuer(issuer.text(), showing.own_issuers);
      }};
  std::vector<attest::Attestation> out;
  for (const std::string& one : jws) {
    SWARMA_TRY(auto attestation, attest::verify_attestation(database, showing.recent, one, expected));
    if (showing.still_good &&
        std::ranges::find(showing.own_issuers, attestation.issuer.text()) == showing.own_issuers.end())
      SWARMA_RETURN_IF_ERROR(showing.still_good(attestation, showing.now));
    out.push_back(std::move(attestation));
  }
  return out;
}

std::vector<policy::Proof> proofs_of(std::span<const attest::Attestation> verified) {
  std::vector<policy::Proof> out;
  for (const attest::Attestation& one : verified) out.push_back({one.key, one.trust, one.issuer.text(), one.until});
  return out;
}

std::vector<attest::Attestation> choose_used(std::vector<attest::Attestation> verified,
                                             const std::vector<std::string>& keys) {
  std::sort(verified.begin(), verified.end(), [](const auto& a, const auto& b) {
    const auto rank = [](const attest::Attestation& one) {
      return std::tuple(-one.trust, -one.until.value_or(Expiry(INT64_MAX)).unix_s(), std::string_view(one.id));
    };
    return rank(a) < rank(b);
  });
  std::vector<attest::Attestation> out;
  for (const std::string& key : keys)
    if (const auto it = std::find_if(verified.begin(), verified.end(), [&](const auto& a) { return a.key == key; });
        it != verified.end())
      out.push_back(*it);
  // One order for all requests, so that two that share attestations cannot lock each other out.
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return out;
}

std::unexpected<Error> refuse_unmet(const policy::PathDecision& decision) {
  const auto only = [&](std::string_view reason) {
    return std::all_of(decision.unmet.begin(), decision.unmet.end(),
                       [&](const auto& item) { return item.reason == reason; });
  };
  const policy::Unmet& first = decision.unmet.front();
  Error error{ErrorCode::Forbidden, "policy_unmet",
              "The terms of the path \"" + decision.path + "\" are not met yet. " + first.how};
  if (only("cooldown"))
    error = {ErrorCode::TooMany, "cooldown", first.how, first.retry_after};
  else if (only("max_plays"))
    error = {ErrorCode::Forbidden, "max_plays", first.how};
  error.details = std::make_shared<Json>(Json{{"unmet", policy::unmet_json(decision.unmet)}});
  return std::unexpected(std::move(error));
}

}  // namespace swarma::access::grant
