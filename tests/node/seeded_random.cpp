// The randomness of this test program: every run draws the same bytes, from SWARMA_TEST_SEED (1 by default). Keys made
// by libraries themselves are not among them.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <random>

#include "base/random.h"

namespace swarma::test {
namespace {

std::mutex mutex;
std::mt19937_64 dice;

void throw_dice(std::span<std::uint8_t> out) {
  const std::lock_guard lock(mutex);
  for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(dice());
}

/// Each test begins with the seed, so that it draws the same alone as after others.
class SeedEveryTest final : public ::testing::EmptyTestEventListener {
 public:
  SeedEveryTest() {
    const char* seed = std::getenv("SWARMA_TEST_SEED");
    seed_ = seed != nullptr ? std::strtoull(seed, nullptr, 10) : 1;
    use_random_source(throw_dice);
  }
  void OnTestStart(const ::testing::TestInfo& test) override {
    const std::lock_guard lock(mutex);
    dice.seed(seed_ + std::hash<std::string>()(test.name()));
  }
  void OnTestPartResult(const ::testing::TestPartResult& result) override {
    if (result.failed()) std::fprintf(stderr, "with SWARMA_TEST_SEED=%llu\n", seed_);
  }

 private:
  unsigned long long seed_;
};

[[maybe_unused]] const bool seeded = [] {
  ::testing::UnitTest::GetInstance()->listeners().Append(new SeedEveryTest);
  return true;
}();

}  // namespace
}  // namespace swarma::test
