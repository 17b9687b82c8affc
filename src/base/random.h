// Random bytes from the kernel (getrandom(2)); aborts if the kernel cannot give any.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace swarma {

void fill_random(std::span<std::uint8_t> out);

template <std::size_t N>
std::array<std::uint8_t, N> random_array() {
  std::array<std::uint8_t, N> out;
  fill_random(out);
  return out;
}

}  // namespace swarma
