// Bech32 (BIP-173) without its limit of 90 characters, as Nostr (NIP-19) and Lightning (BOLT 11) write things. Reading
// only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace swarma {

struct Bech32 {
  std::string prefix;                // lower case
  std::vector<std::uint8_t> values;  // of 5 bits, without the checksum
};

/// All lower or all upper case; the checksum must be right (Bech32, not Bech32m). BadRequest "bad_bech32".
Result<Bech32> parse_bech32(std::string_view text, std::size_t max_length);

/// Values of 5 bits as bytes. BadRequest "bad_bech32" when what is left over is not a short padding of zeros.
Result<Bytes> bech32_bytes(const std::vector<std::uint8_t>& values);

}  // namespace swarma
