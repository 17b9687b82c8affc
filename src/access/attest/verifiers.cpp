// The list of requirements that a node can check.
#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "access/attest/verifier.h"

namespace swarma::access::attest {

std::unique_ptr<Verifier> make_activitypub_verifier(const VerifierNeeds& needs);
std::unique_ptr<Verifier> make_ad_verifier(const VerifierNeeds& needs);
std::unique_ptr<Verifier> make_code_verifier(const VerifierNeeds& needs);
std::unique_ptr<Verifier> make_email_verifier(const VerifierNeeds& needs);
std::unique_ptr<Verifier> make_goodwill_verifier(const VerifierNeeds& needs);
std::unique_ptr<Verifier> make_human_verifier(const VerifierNeeds& needs);
std::unique_ptr<Verifier> make_pass_verifier(const VerifierNeeds& needs);
std::unique_ptr<Verifier> make_puzzle_verifier(const VerifierNeeds& needs);
// Null where the operator named nobody to ask.
std::unique_ptr<Verifier> make_evm_payment_verifier(const VerifierNeeds& needs);
std::unique_ptr<Verifier> make_lightning_verifier(const VerifierNeeds& needs);
std::unique_ptr<Verifier> make_nft_verifier(const VerifierNeeds& needs);
std::unique_ptr<Verifier> make_nostr_like_verifier(const VerifierNeeds& needs);
/// One for each platform.
std::vector<std::unique_ptr<Verifier>> make_oauth_verifiers(const VerifierNeeds& needs);

std::vector<std::unique_ptr<Verifier>> make_verifiers(const VerifierNeeds& needs) {
  constexpr std::unique_ptr<Verifier> (*makers[])(const VerifierNeeds&) = {
      make_activitypub_verifier, make_ad_verifier,        make_code_verifier, make_email_verifier,
      make_goodwill_verifier,    make_human_verifier,     make_pass_verifier, make_puzzle_verifier,
      make_evm_payment_verifier, make_lightning_verifier, make_nft_verifier,  make_nostr_like_verifier,
  };
  std::vector<std::unique_ptr<Verifier>> verifiers;
  for (const auto make : makers)
    if (auto verifier = make(needs)) verifiers.push_back(std::move(verifier));
  std::ranges::move(make_oauth_verifiers(needs), std::back_inserter(verifiers));
  return verifiers;
}

namespace {

std::unexpected<Error> nothing_to_note() {
  return fail(ErrorCode::Conflict, "nothing_to_continue",
              "This action takes no messages in between: send its answer to actions/complete.");
}

}  // namespace

void Verifier::note(const ActionContext&, const Json&, const Json&, Done<Noted> done) {
  done(nothing_to_note());
}

Result<Noted> PromptVerifier::take(const ActionContext&, const Json&, const Json&) {
  return nothing_to_note();
}

}  // namespace swarma::access::attest
