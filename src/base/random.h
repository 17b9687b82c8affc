// Random bytes from the kernel (getrandom(2)); aborts if the kernel cannot give any.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace swarma {

void fill_random(std::span<std::uint8_t> out);

/// Safe for concurrent use.
using RandomSource = void (*)(std::span<std::uint8_t> out);
/// For test programs alone: all randomness of the process comes from `source`, so that a run can be repeated.
void use_random_source(RandomSource source);

template <std::size_t N>
std::array<std::uint8_t, N> random_array() {
  std::array<std::uint8_t, N> out;
  fill_random(out);
  return out;
}

}  // namespace swarma
