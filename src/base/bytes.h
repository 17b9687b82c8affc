// Byte strings and their text forms. Decoders are strict: one spelling per value (RFC 4648 without padding, canonical
// trailing bits), so that two texts never mean the same bytes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace swarma {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

ByteView view(std::string_view text);
std::string_view as_text(ByteView bytes);
Bytes to_bytes(std::string_view text);

std::string to_hex(ByteView bytes);                    // lower case
Result<Bytes> parse_hex(std::string_view text);        // lower case only
std::string to_base64url(ByteView bytes);              // no padding
Result<Bytes> parse_base64url(std::string_view text);  // no padding, canonical
std::string to_base32(ByteView bytes);                 // RFC 4648, lower case, no padding
Result<Bytes> parse_base32(std::string_view text);

/// Copies text into exactly N bytes, or fails with BadRequest.
template <std::size_t N>
Result<std::array<std::uint8_t, N>> take_exactly(const Bytes& bytes);

}  // namespace swarma

#include <algorithm>
#include <array>

template <std::size_t N>
swarma::Result<std::array<std::uint8_t, N>> swarma::take_exactly(const Bytes& bytes) {
  if (bytes.size() != N)
    return fail(ErrorCode::BadRequest, "wrong_length",
                "Expected " + std::to_string(N) + " bytes, found " + std::to_string(bytes.size()) + ".");
  std::array<std::uint8_t, N> out;
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}
