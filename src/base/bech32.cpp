#include "base/bech32.h"

#include <algorithm>
#include <array>

namespace swarma {
namespace {

constexpr std::string_view kAlphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

std::unexpected<Error> bad_bech32() {
  return fail(ErrorCode::BadRequest, "bad_bech32", "A letter of this text is wrong or missing: copy all of it again.");
}

std::uint32_t polymod(const std::vector<std::uint8_t>& values) {
  constexpr std::array<std::uint32_t, 5> generator = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
  std::uint32_t sum = 1;
  for (const std::uint8_t value : values) {
    const std::uint32_t top = sum >> 25;
    sum = (sum & 0x1ffffff) << 5 ^ value;
    for (std::size_t i = 0; i < generator.size(); ++i)
      if ((top >> i & 1) != 0) sum ^= generator[i];
  }
  return sum;
}

}  // namespace

Result<Bech32> parse_bech32(std::string_view text, std::size_t max_length) {
  const auto separator = text.rfind('1');
  if (text.size() > max_length || separator == std::string_view::npos || separator == 0 || text.size() - separator < 7)
    return bad_bech32();
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (lower != text && std::ranges::any_of(text, [](char c) { return c >= 'a' && c <= 'z'; })) return bad_bech32();
  Bech32 out{.prefix = lower.substr(0, separator), .values = {}};
  std::vector<std::uint8_t> checked;
  for (const char c : out.prefix) {
    if (c < 33 || c > 126) return bad_bech32();
    checked.push_back(static_cast<std::uint8_t>(c) >> 5);
  }
  checked.push_back(0);
  for (const char c : out.prefix) checked.push_back(static_cast<std::uint8_t>(c) & 31);
  for (const char c : std::string_view(lower).substr(separator + 1)) {
    const auto value = kAlphabet.find(c);
    if (value == std::string_view::npos) return bad_bech32();
    out.values.push_back(static_cast<std::uint8_t>(value));
  }
  checked.insert(checked.end(), out.values.begin(), out.values.end());
  if (polymod(checked) != 1) return bad_bech32();
  out.values.resize(out.values.size() - 6);
  return out;
}

Result<Bytes> bech32_bytes(const std::vector<std::uint8_t>& values) {
  Bytes out;
  std::uint32_t bits = 0;
  int held = 0;
  for (const std::uint8_t value : values) {
    bits = bits << 5 | value;
    held += 5;
    if (held < 8) continue;
    held -= 8;
    out.push_back(static_cast<std::uint8_t>(bits >> held));
    bits &= (1u << held) - 1;
  }
  if (held >= 5 || bits != 0) return bad_bech32();
  return out;
}

}  // namespace swarma
