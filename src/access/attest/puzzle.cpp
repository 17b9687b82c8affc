// puzzle_solve by a machine: hashcash (Back 2002), over SHA-256 or over Argon2id, whose memory makes special hardware
// little better than a phone. The challenge repeats what the terms say:
//
//   {"algorithm":"sha256","difficulty","seed"}                          SHA-256(seed ‖ ":" ‖ solution)
//   {"algorithm":"argon2id","difficulty","memory_kib","passes","seed"}  Argon2id(password: solution, salt: seed, 32
//   bytes)
//
// must begin with `difficulty` zero bits; response {"solution":"<decimal>"}. The seed, base64url of 16 bytes, is random
// per action, so no work can be done ahead or shared. Where the terms allow more ("max_difficulty"), every doubling of
// a title's puzzles beyond kCalmPuzzles a minute asks for one bit more, until they become fewer again.
#include <algorithm>
#include <bit>
#include <nlohmann/json.hpp>
#include <semaphore>

#include "access/attest/puzzle_load.h"
#include "access/attest/verifier.h"
#include "base/random.h"
#include "crypto/argon2id.h"
#include "crypto/hash.h"

namespace swarma::access::attest {
namespace {

constexpr std::size_t kMaxSolutionDigits = 20;  // of a 64-bit counter
constexpr int kArgonChecks = 2;                 // at a time: each takes the memory that the terms say

int leading_zero_bits(ByteView hash) {
  int bits = 0;
  for (const std::uint8_t byte : hash) {
    bits += std::countl_zero(byte);
    if (byte != 0) break;
  }
  return bits;
}

/// What the terms say of a puzzle.
struct Puzzle {
  std::string algorithm;
  std::int64_t difficulty = 0, max_difficulty = 0;
  std::int64_t memory_kib = 0, passes = 0;  // of Argon2id
};

Result<Puzzle> puzzle_of(const policy::Leaf& leaf) {
  SWARMA_TRY(const Json params, parse_json(leaf.params));
  const JsonReader reader(params, "puzzle requirement");
  Puzzle puzzle;
  SWARMA_TRY(puzzle.algorithm, reader.text("algorithm", 32));
  SWARMA_TRY(puzzle.difficulty, reader.integer("difficulty", 1, policy::kMaxPuzzleBits));
  SWARMA_TRY(puzzle.max_difficulty, reader.integer_or("max_difficulty", 1, policy::kMaxPuzzleBits, puzzle.difficulty));
  if (puzzle.algorithm == "sha256") return puzzle;
  SWARMA_TRY(puzzle.memory_kib, reader.integer("memory_kib", policy::kMinArgonKib, policy::kMaxArgonKib));
  SWARMA_TRY(puzzle.passes, reader.integer("passes", 1, policy::kMaxArgonPasses));
  return puzzle;
}

class PuzzleVerifier final : public PromptVerifier {
 public:
  explicit PuzzleVerifier(db::Database& database) : database_(database) {}

  policy::Requirement requirement() const override { return policy::Requirement::PuzzleSolve; }
  bool is_for(const policy::Leaf& leaf) const override { return puzzle_of(leaf).has_value(); }
  std::string variant() const override { return "work"; }
  double trust() const override { return 1; }
  std::string calibration() const override {
    return "The work was done for this viewer and this title, about 2^difficulty hashes; whether a person waited for "
           "it is not known.";
  }

  Result<Challenge> challenge(const ActionContext& context) override {
    SWARMA_TRY(const Puzzle puzzle, puzzle_of(context.leaf));
    std::int64_t bits = puzzle.difficulty;
    if (puzzle.max_difficulty > bits) {
      SWARMA_TRY(const std::int64_t extra, count_puzzle(database_, context.title, context.now));
      bits = std::min(bits + extra, puzzle.max_difficulty);
    }
    const std::string seed = to_base64url(random_array<16>());
    Json challenge = {{"algorithm", puzzle.algorithm}, {"difficulty", bits}, {"seed", seed}};
    if (puzzle.algorithm == "argon2id") {
      challenge["memory_kib"] = puzzle.memory_kib;
      challenge["passes"] = puzzle.passes;
    }
    SWARMA_TRY(std::string text, canonical_json(challenge));
    SWARMA_TRY(std::string state, canonical_json({{"seed", seed}, {"difficulty", bits}}));
    return Challenge{std::move(text), std::move(state)};
  }

  Result<Evidence> judge(const ActionContext& context, const Json& state, const Json& response) override {
    const JsonReader reader(response, "response");
    SWARMA_RETURN_IF_ERROR(reader.only({"solution"}));
    SWARMA_TRY(const std::string solution, reader.text("solution", kMaxSolutionDigits));
    if (solution.empty() || !std::all_of(solution.begin(), solution.end(), [](char c) { return c >= '0' && c <= '9'; }))
      return fail(ErrorCode::BadRequest, "bad_solution", "\"solution\" must be a decimal number written as text.");
    SWARMA_TRY(const Puzzle puzzle, puzzle_of(context.leaf));
    const JsonReader remembered(state, "action's state");
    SWARMA_TRY(const std::string seed, remembered.text("seed", 64));
    SWARMA_TRY(const std::int64_t bits,
               remembered.integer_or("difficulty", 1, policy::kMaxPuzzleBits, puzzle.difficulty));
    SWARMA_TRY(const int found, bits_of(puzzle, seed, solution));
    if (found < bits)
      return fail(ErrorCode::Forbidden, "wrong_solution",
                  "The hash of the seed and the solution must begin with " + std::to_string(bits) +
                      " zero bits, and does not.");
    SWARMA_TRY(std::string evidence, canonical_json({{"seed", seed}, {"solution", solution}}));
    return Evidence{.evidence = std::move(evidence), .trust = trust()};
  }

 private:
  Result<int> bits_of(const Puzzle& puzzle, const std::string& seed, const std::string& solution) {
    if (puzzle.algorithm == "sha256") return puzzle_bits(seed, solution);
    SWARMA_TRY(const Bytes salt, parse_base64url(seed));
    checks_.acquire();
    const auto hash = crypto::argon2id(
        solution, salt, {static_cast<std::size_t>(puzzle.memory_kib) * 1024, static_cast<unsigned>(puzzle.passes)});
    checks_.release();
    SWARMA_RETURN_IF_ERROR(hash);
    return leading_zero_bits(*hash);
  }

  db::Database& database_;
  std::counting_semaphore<kArgonChecks> checks_{kArgonChecks};
};

}  // namespace

int puzzle_bits(std::string_view seed, std::string_view solution) {
  std::string text(seed);
  text.append(":").append(solution);
  return leading_zero_bits(crypto::sha256(view(text)));
}

std::unique_ptr<Verifier> make_puzzle_verifier(const VerifierNeeds& needs) {
  return std::make_unique<PuzzleVerifier>(needs.database);
}

}  // namespace swarma::access::attest
