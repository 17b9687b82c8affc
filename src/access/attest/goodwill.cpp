// goodwill_ack: the viewer was shown a sentence and accepted it. Challenge {"text"} → response {"accepted":true,
// "text_hash"}: the base64url SHA-256 of the text that was shown, so that a page which shows another one cannot pass.
#include <nlohmann/json.hpp>

#include "access/attest/verifier.h"
#include "crypto/hash.h"

namespace swarma::access::attest {
namespace {

class GoodwillVerifier final : public PromptVerifier {
 public:
  policy::Requirement requirement() const override { return policy::Requirement::GoodwillAck; }
  double trust() const override { return 1; }
  std::string calibration() const override {
    return "Certain that the holder of the viewer's key accepted this very sentence; says nothing about keeping the "
           "promise.";
  }

  Result<Challenge> challenge(const ActionContext& context) override {
    SWARMA_TRY(const std::string text, text_of(context));
    SWARMA_TRY(std::string challenge, canonical_json({{"text", text}}));
    return Challenge{std::move(challenge), "{}"};
  }

  Result<Evidence> judge(const ActionContext& context, const Json&, const Json& response) override {
    const JsonReader reader(response, "response");
    SWARMA_RETURN_IF_ERROR(reader.only({"accepted", "text_hash"}));
    SWARMA_TRY(const bool accepted, reader.boolean_or("accepted", false));
    if (!accepted) return fail(ErrorCode::Forbidden, "not_accepted", "The sentence was not accepted.");
    SWARMA_TRY(const std::string hash, reader.text("text_hash", 64));
    SWARMA_TRY(const std::string text, text_of(context));
    if (hash != to_base64url(crypto::sha256(view(text))))
      return fail(ErrorCode::Forbidden, "wrong_text",
                  "Another sentence was accepted than the one this title asks for.");
    SWARMA_TRY(std::string evidence, canonical_json({{"text_hash", hash}}));
    return Evidence{std::move(evidence), trust(), {}};
  }

 private:
  static Result<std::string> text_of(const ActionContext& context) {
    SWARMA_TRY(const Json params, parse_json(context.leaf.params));
    return JsonReader(params, "goodwill requirement").text("text", 500);
  }
};

}  // namespace

std::unique_ptr<Verifier> make_goodwill_verifier(const VerifierNeeds&) {
  return std::make_unique<GoodwillVerifier>();
}

}  // namespace swarma::access::attest
