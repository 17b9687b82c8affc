#include "base/random.h"

#include <sys/random.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>

namespace swarma {
namespace {

std::atomic<RandomSource> source_of_a_test{nullptr};

}  // namespace

void use_random_source(RandomSource source) {
  source_of_a_test = source;
}

void fill_random(std::span<std::uint8_t> out) {
  if (const RandomSource source = source_of_a_test.load(std::memory_order_relaxed)) return source(out);
  while (!out.empty()) {
    const ssize_t got = getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) std::abort();
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace swarma
