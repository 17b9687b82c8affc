// puzzle_solve: work that a machine does (SHA-256, or Argon2id, which special hardware does little better), or a
// question for a person.
//
//   {"algorithm":"sha256","difficulty":18,"max_difficulty":22}
//   {"algorithm":"argon2id","difficulty":6,"memory_kib":19456,"passes":2}
//   {"algorithm":"human"}
//
// The difficulty is in bits. A node under load may ask for more, up to "max_difficulty" and never beyond it.
#include <nlohmann/json.hpp>

#include "access/policy/requirements/kind.h"

namespace swarma::access::policy {
namespace {

Result<void> check_difficulty(const JsonReader& reader, int most) {
  SWARMA_TRY(const std::int64_t difficulty, reader.integer("difficulty", 1, most));
  if (!reader.has("max_difficulty")) return {};
  SWARMA_RETURN_IF_ERROR(reader.integer("max_difficulty", difficulty, most));
  return {};
}

Result<void> check(const JsonReader& reader, const std::string& at) {
  SWARMA_TRY(const std::string algorithm, reader.text("algorithm", 32));
  if (algorithm == "sha256") {
    SWARMA_RETURN_IF_ERROR(reader.only({"algorithm", "difficulty", "max_difficulty"}));
    return check_difficulty(reader, kMaxPuzzleBits);
  }
  if (algorithm == "argon2id") {
    SWARMA_RETURN_IF_ERROR(reader.only({"algorithm", "difficulty", "max_difficulty", "memory_kib", "passes"}));
    SWARMA_RETURN_IF_ERROR(reader.integer("memory_kib", kMinArgonKib, kMaxArgonKib));
    SWARMA_RETURN_IF_ERROR(reader.integer("passes", 1, kMaxArgonPasses));
    return check_difficulty(reader, kMaxArgonBits);
  }
  if (algorithm == "human") return reader.only({"algorithm"});
  return bad_policy(at, "\"algorithm\" must be one of \"sha256\", \"argon2id\", \"human\"");
}

std::string say(const Json& params) {
  const std::string algorithm = text_of(params, "algorithm");
  if (algorithm == "human") return "Answer a question that is easy for a person.";
  const auto bits = params.at("difficulty").get<unsigned>();
  const std::string hashes = std::to_string(std::uint64_t{1} << bits);
  if (algorithm == "sha256")
    return "Let the machine solve a puzzle of " + std::to_string(bits) + " bits (about " + hashes + " hashes).";
  return "Let the machine solve a puzzle of " + std::to_string(bits) + " bits (about " + hashes +
         " times Argon2id with " + std::to_string((params.at("memory_kib").get<unsigned>() + 1023) / 1024) + " MiB).";
}

}  // namespace

const Kind kPuzzleSolve = {"puzzle_solve", check, say};

}  // namespace swarma::access::policy
