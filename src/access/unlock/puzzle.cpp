// puzzle_solve: a proof of work, solved on every core.
#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <charconv>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <thread>

#include "access/unlock/requirements.h"
#include "base/stopwatch.h"
#include "crypto/hash.h"

namespace swarma::access::unlock {
namespace {

constexpr std::uint64_t kBatch = 4'096;  // hashes between two looks at the others: about a millisecond
constexpr unsigned kMaxThreads = 256;
constexpr int kMaxBits = 64;

bool begins_with_zero_bits(const crypto::Digest& digest, int bits) {
  std::uint64_t head = 0;
  for (std::size_t i = 0; i < 8; ++i) head = head << 8 | digest[i];
  return std::countl_zero(head) >= bits;
}

/// Work that the threads share: batches are handed out in order, so the smallest solution of all batches up to the one
/// that found it is the smallest of all.
struct Search {
  std::string prefix;  // seed ‖ ":"
  int bits;
  std::atomic<std::uint64_t> next{0};
  std::atomic<std::uint64_t> best{UINT64_MAX};
  std::atomic<bool> cancelled{false};

  void run_batch(std::uint64_t begin) {
    std::string text = prefix;
    std::array<char, 20> digits;
    for (std::uint64_t n = begin; n < begin + kBatch; ++n) {
      const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), n).ptr;
      text.resize(prefix.size());
      text.append(digits.data(), end);
      if (!begins_with_zero_bits(crypto::sha256(view(text)), bits)) continue;
      std::uint64_t seen = best.load();
      while (n < seen && !best.compare_exchange_weak(seen, n)) {
      }
      return;
    }
  }

  void work() {
    while (!cancelled.load()) {
      const std::uint64_t begin = next.fetch_add(kBatch);
      if (begin > best.load()) return;
      run_batch(begin);
    }
  }
};

}  // namespace

Result<std::string> solve_puzzle(std::string_view seed, int bits, unsigned threads,
                                 const std::function<bool(double expected_part)>& on_progress) {
  if (bits < 0 || bits > kMaxBits)
    return fail(ErrorCode::Unsupported, "puzzle_too_hard", "The puzzle asks for an impossible number of bits.");
  Search search{.prefix = std::string(seed) + ":", .bits = bits};
  const unsigned count = std::clamp(threads == 0 ? std::thread::hardware_concurrency() : threads, 1u, kMaxThreads);
  std::vector<std::jthread> others;
  for (unsigned i = 1; i < count; ++i) others.emplace_back([&search] { search.work(); });
  // This thread works too and reports between its batches.
  Stopwatch reported;
  for (;;) {
    const std::uint64_t begin = search.next.fetch_add(kBatch);
    if (begin > search.best.load()) break;
    search.run_batch(begin);
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

namespace {

std::optional<double> cost(const Json& params, const Answers&) {
  return std::exp2(params.value("difficulty", policy::kMaxPuzzleBits));
}

Result<std::optional<Json>> answer(const Json& params, const Json& challenge, const Answers& answers) {
  const JsonReader reader(challenge, "puzzle");
  SWARMA_TRY(const std::string algorithm, reader.text("algorithm", 32));
  SWARMA_TRY(const std::int64_t bits, reader.integer("difficulty", 0, policy::kMaxPuzzleBits));
  SWARMA_TRY(const std::string seed, reader.text("seed", 256));
  if (algorithm != "sha256" || bits > params.value("difficulty", 0))
    return fail(ErrorCode::Corrupt, "challenge_bad", "The node asks for more work than the title's terms say.");
  SWARMA_TRY(std::string solution,
             solve_puzzle(seed, static_cast<int>(bits), answers.puzzle_threads, answers.on_puzzle));
  return Json{{"solution", std::move(solution)}};
}

}  // namespace

const Method kPuzzle{policy::Requirement::PuzzleSolve, cost, answer};

}  // namespace swarma::access::unlock
