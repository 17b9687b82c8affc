// Amounts of blockchains: whole numbers below 2^256. Compared, read and written; never calculated with, and never a
// floating-point number.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace swarma {

class Uint256 {
 public:
  constexpr Uint256() = default;
  explicit constexpr Uint256(std::uint64_t value) {
    for (std::size_t i = 0; i < 8; ++i) big_endian_[31 - i] = static_cast<std::uint8_t>(value >> (8 * i));
  }
  explicit constexpr Uint256(const std::array<std::uint8_t, 32>& big_endian) : big_endian_(big_endian) {}

  /// Decimal digits without leading zeros. BadRequest "bad_number".
  static Result<Uint256> from_decimal(std::string_view text);
  /// Ethereum's spelling of a quantity: "0x" and at least one hex digit of any case.
  static Result<Uint256> from_quantity(std::string_view text);

  std::string decimal() const;
  const std::array<std::uint8_t, 32>& big_endian() const { return big_endian_; }
  friend constexpr auto operator<=>(const Uint256&, const Uint256&) = default;

 private:
  std::array<std::uint8_t, 32> big_endian_{};
};

}  // namespace swarma
