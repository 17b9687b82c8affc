// The list of requirements that a node can check.
#include "access/attest/verifier.h"

namespace swarma::access::attest {

std::unique_ptr<Verifier> make_goodwill_verifier(const VerifierNeeds& needs);
std::unique_ptr<Verifier> make_puzzle_verifier(const VerifierNeeds& needs);
std::unique_ptr<Verifier> make_allowlist_verifier(const VerifierNeeds& needs);

std::vector<std::unique_ptr<Verifier>> make_verifiers(const VerifierNeeds& needs) {
  std::vector<std::unique_ptr<Verifier>> verifiers;
  for (const auto make : {make_goodwill_verifier, make_puzzle_verifier, make_allowlist_verifier})
    verifiers.push_back(make(needs));
  return verifiers;
}

}  // namespace swarma::access::attest
