// puzzle_solve: a proof of work, solved on every core, or a question that a person answers.
#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <charconv>
#include <chrono>
#include <cmath>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "access/unlock/requirements.h"
#include "base/stopwatch.h"
#include "crypto/argon2id.h"
#include "crypto/hash.h"

namespace swarma::access::unlock {
namespace {

constexpr std::uint64_t kBatch = 4'096;  // SHA-256 between two looks at the others: about a millisecond
constexpr unsigned kMaxThreads = 256;
constexpr int kMaxBits = 64;

bool begins_with_zero_bits(ByteView hash, int bits) {
  std::uint64_t head = 0;
  for (std::size_t i = 0; i < 8; ++i) head = head << 8 | hash[i];
  return std::countl_zero(head) >= bits;
}

/// The first solution of a batch; nothing: there is none.
using FindIn = std::function<std::optional<std::uint64_t>(std::uint64_t begin, std::uint64_t end)>;

/// Work that the threads share: batches are handed out in order, so the smallest solution of all batches up to the one
/// that found it is the smallest of all.
struct Search {
  FindIn find_in;
  std::uint64_t batch;
  std::atomic<std::uint64_t> next{0};
  std::atomic<std::uint64_t> best{UINT64_MAX};
  std::atomic<bool> cancelled{false};

  /// False when everything below the best solution is in work.
  bool run_batch() {
    const std::uint64_t begin = next.fetch_add(batch);
    if (begin > best.load()) return false;
    if (const auto found = find_in(begin, begin + batch)) {
      std::uint64_t seen = best.load();
      while (*found < seen && !best.compare_exchange_weak(seen, *found)) {
      }
    }
    return true;
  }
};

Result<std::string> run(Search& search, int bits, unsigned threads, const Progress& on_progress) {
  if (bits < 0 || bits > kMaxBits)
    return fail(ErrorCode::Unsupported, "puzzle_too_hard", "The puzzle asks for an impossible number of bits.");
  const unsigned count = std::clamp(threads == 0 ? std::thread::hardware_concurrency() : threads, 1u, kMaxThreads);
  std::vector<std::jthread> others;
  for (unsigned i = 1; i < count; ++i)
    others.emplace_back([&search] {
      while (!search.cancelled.load() && search.run_batch()) {
      }
    });
  // This thread works too and reports between its batches.
  Stopwatch reported;
  while (search.run_batch()) {
    if (!on_progress || reported.elapsed() < std::chrono::milliseconds(100)) continue;
    reported.restart();
    if (!on_progress(static_cast<double>(search.next.load()) / std::exp2(bits))) {
      search.cancelled = true;
      break;
    }
  }
  for (std::jthread& other : others) other.join();
  if (search.cancelled.load()) return fail(ErrorCode::Unavailable, "cancelled", "The puzzle was given up.");
  return std::to_string(search.best.load());
}

/// Smallest decimal number whose Argon2id (salt: the seed's bytes) begins with `bits` zero bits.
Result<std::string> solve_argon2id(std::string_view seed, int bits, crypto::ArgonCost cost, const Answers& answers) {
  SWARMA_TRY(const Bytes salt, parse_base64url(seed));
  if (salt.size() != crypto::kArgonSaltBytes)
    return fail(ErrorCode::Corrupt, "challenge_bad", "The node's puzzle has no seed of 16 bytes.");
  std::mutex mutex;
  std::optional<Error> trouble;
  Search search{.find_in = [&](std::uint64_t n, std::uint64_t) -> std::optional<std::uint64_t> {
                  const auto hash = crypto::argon2id(std::to_string(n), salt, cost);
                  if (hash) return begins_with_zero_bits(*hash, bits) ? std::optional(n) : std::nullopt;
                  const std::lock_guard lock(mutex);
                  trouble = hash.error();
                  return n;  // ends the search
                },
                .batch = 1};
  auto solution = run(search, bits, answers.puzzle_threads, answers.on_puzzle);
  if (trouble) return std::unexpected(*std::move(trouble));
  return solution;
}

}  // namespace

Result<std::string> solve_puzzle(std::string_view seed, int bits, unsigned threads, const Progress& on_progress) {
  const std::string prefix = std::string(seed) + ":";
  Search search{.find_in = [&](std::uint64_t begin, std::uint64_t end) -> std::optional<std::uint64_t> {
                  std::string text = prefix;
                  std::array<char, 20> digits;
                  for (std::uint64_t n = begin; n < end; ++n) {
                    const auto last = std::to_chars(digits.data(), digits.data() + digits.size(), n).ptr;
                    text.resize(prefix.size());
                    text.append(digits.data(), last);
                    if (begins_with_zero_bits(crypto::sha256(view(text)), bits)) return n;
                  }
                  return std::nullopt;
                },
                .batch = kBatch};
  return run(search, bits, threads, on_progress);
}

namespace {

std::optional<double> cost(const Json& params, const Answers& answers) {
  const std::string algorithm = params.value("algorithm", "");
  if (algorithm == "human") return answers.ask_question ? std::optional(kAsking) : std::nullopt;
  const double hashes = std::exp2(params.value("difficulty", policy::kMaxPuzzleBits));
  // A pass of Argon2id over a KiB takes about as long as two hashes of SHA-256.
  return algorithm == "argon2id" ? hashes * 2 * params.value("memory_kib", 0) * params.value("passes", 0) : hashes;
}

Result<std::optional<Json>> answer_question(const Json& challenge, const Answers& answers) {
  const JsonReader reader(challenge, "question");
  SWARMA_TRY(const Json* question, reader.object("question"));
  SWARMA_TRY(const std::string text, JsonReader(*question, "question").text("en", 1'000));
  const auto answer = answers.ask_question ? answers.ask_question(text) : std::nullopt;
  if (!answer) return std::nullopt;
  return Json{{"answer", *answer}};
}

Result<std::optional<Json>> answer(const Json& params, const Json& challenge, const Answers& answers) {
  const JsonReader reader(challenge, "puzzle");
  SWARMA_TRY(const std::string algorithm, reader.text("algorithm", 32));
  if (algorithm != params.value("algorithm", ""))
    return fail(ErrorCode::Corrupt, "challenge_bad",
                "The node asks for another kind of puzzle than the title's terms.");
  if (algorithm == "human") return answer_question(challenge, answers);
  SWARMA_TRY(const std::int64_t bits, reader.integer("difficulty", 0, policy::kMaxPuzzleBits));
  SWARMA_TRY(const std::string seed, reader.text("seed", 256));
  if (bits > params.value("max_difficulty", params.value("difficulty", 0)))
    return fail(ErrorCode::Corrupt, "challenge_bad", "The node asks for more work than the title's terms say.");
  const int asked = static_cast<int>(bits);
  if (algorithm == "sha256") {
    SWARMA_TRY(std::string solution, solve_puzzle(seed, asked, answers.puzzle_threads, answers.on_puzzle));
    return Json{{"solution", std::move(solution)}};
  }
  // How much each hash takes is what the creator signed.
  const crypto::ArgonCost cost{params.at("memory_kib").get<std::size_t>() * 1024, params.at("passes").get<unsigned>()};
  SWARMA_TRY(std::string solution, solve_argon2id(seed, asked, cost, answers));
  return Json{{"solution", std::move(solution)}};
}

}  // namespace

const Method kPuzzle{policy::Requirement::PuzzleSolve, cost, answer};

}  // namespace swarma::access::unlock
