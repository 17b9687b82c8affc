// puzzle_solve: hashcash over SHA-256 (Back 2002). Challenge {"algorithm":"sha256","difficulty","seed"} → response
// {"solution":"<decimal>"}. The seed is random per action, so no work can be done ahead or shared.
#include <algorithm>
#include <bit>
#include <nlohmann/json.hpp>

#include "access/attest/verifier.h"
#include "base/random.h"
#include "crypto/hash.h"

namespace swarma::access::attest {
namespace {

constexpr std::size_t kMaxSolutionDigits = 20;  // of a 64-bit counter

class PuzzleVerifier final : public PromptVerifier {
 public:
  policy::Requirement requirement() const override { return policy::Requirement::PuzzleSolve; }
  double trust() const override { return 1; }
  std::string calibration() const override {
    return "The work was done for this viewer and this title, about 2^difficulty hashes; whether a person waited for "
           "it is not known.";
  }

  Result<Challenge> challenge(const ActionContext& context) override {
    SWARMA_TRY(const std::int64_t bits, difficulty_of(context));
    const std::string seed = to_base64url(random_array<16>());
    SWARMA_TRY(std::string challenge, canonical_json({{"algorithm", "sha256"}, {"difficulty", bits}, {"seed", seed}}));
    SWARMA_TRY(std::string state, canonical_json({{"seed", seed}}));
    return Challenge{std::move(challenge), std::move(state)};
  }

  Result<Evidence> judge(const ActionContext& context, const Json& state, const Json& response) override {
    const JsonReader reader(response, "response");
    SWARMA_RETURN_IF_ERROR(reader.only({"solution"}));
    SWARMA_TRY(const std::string solution, reader.text("solution", kMaxSolutionDigits));
    if (solution.empty() || !std::all_of(solution.begin(), solution.end(), [](char c) { return c >= '0' && c <= '9'; }))
      return fail(ErrorCode::BadRequest, "bad_solution", "\"solution\" must be a decimal number written as text.");
    SWARMA_TRY(const std::int64_t bits, difficulty_of(context));
    SWARMA_TRY(const std::string seed, JsonReader(state, "action's state").text("seed", 64));
    if (puzzle_bits(seed, solution) < bits)
      return fail(ErrorCode::Forbidden, "wrong_solution",
                  "SHA-256 of seed, \":\" and the solution must begin with " + std::to_string(bits) +
                      " zero bits, and does not.");
    SWARMA_TRY(std::string evidence, canonical_json({{"seed", seed}, {"solution", solution}}));
    return Evidence{std::move(evidence), trust(), {}};
  }

 private:
  static Result<std::int64_t> difficulty_of(const ActionContext& context) {
    SWARMA_TRY(const Json params, parse_json(context.leaf.params));
    return JsonReader(params, "puzzle requirement").integer("difficulty", 1, policy::kMaxPuzzleBits);
  }
};

}  // namespace

int puzzle_bits(std::string_view seed, std::string_view solution) {
  std::string text(seed);
  text.append(":").append(solution);
  int bits = 0;
  for (const std::uint8_t byte : crypto::sha256(view(text))) {
    bits += std::countl_zero(byte);
    if (byte != 0) break;
  }
  return bits;
}

std::unique_ptr<Verifier> make_puzzle_verifier(const VerifierNeeds&) {
  return std::make_unique<PuzzleVerifier>();
}

}  // namespace swarma::access::attest
