#include "base/uint256.h"

#include <algorithm>

namespace swarma {
namespace {

std::unexpected<Error> bad_number(const char* expectation) {
  return fail(ErrorCode::BadRequest, "bad_number", std::string("A number must be ") + expectation + ".");
}

/// number := number · factor + digit; false when 256 bits do not hold it.
bool push_digit(std::array<std::uint8_t, 32>& number, unsigned factor, unsigned digit) {
  unsigned carry = digit;
  for (auto byte = number.rbegin(); byte != number.rend(); ++byte) {
    carry += *byte * factor;
    *byte = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }
  return carry == 0;
}

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 16;
}

}  // namespace

Result<Uint256> Uint256::from_decimal(std::string_view text) {
  constexpr const char* kExpectation = "decimal digits without leading zeros, below 2^256";
  if (text.empty() || text.size() > 78 || (text.size() > 1 && text.front() == '0')) return bad_number(kExpectation);
  std::array<std::uint8_t, 32> number{};
  for (const char c : text)
    if (digit_of(c) > 9 || !push_digit(number, 10, static_cast<unsigned>(digit_of(c)))) return bad_number(kExpectation);
  return Uint256(number);
}

Result<Uint256> Uint256::from_quantity(std::string_view text) {
  constexpr const char* kExpectation = "\"0x\" and hex digits, below 2^256";
  if (!text.starts_with("0x") || text.size() < 3 || text.size() > 66) return bad_number(kExpectation);
  std::array<std::uint8_t, 32> number{};
  for (const char c : text.substr(2))
    if (digit_of(c) > 15 || !push_digit(number, 16, static_cast<unsigned>(digit_of(c))))
      return bad_number(kExpectation);
  return Uint256(number);
}

std::string Uint256::decimal() const {
  std::array<std::uint8_t, 32> rest = big_endian_;
  std::string digits;
  do {
    unsigned remainder = 0;
    for (std::uint8_t& byte : rest) {
      remainder = remainder << 8 | byte;
      byte = static_cast<std::uint8_t>(remainder / 10);
      remainder %= 10;
    }
    digits.push_back(static_cast<char>('0' + remainder));
  } while (std::any_of(rest.begin(), rest.end(), [](std::uint8_t byte) { return byte != 0; }));
  std::reverse(digits.begin(), digits.end());
  return digits;
}

}  // namespace swarma
