// Accounts of Ethereum and what they sign: addresses (EIP-55), typed data (EIP-712), signatures (EIP-2, ERC-2098).
#pragma once

#include <array>
#include <compare>
#include <string>
#include <string_view>

#include "base/json.h"
#include "crypto/hash.h"

namespace swarma::crypto {

class EthereumAddress {
 public:
  /// "0x" and 40 hex digits: all lower case, all upper case, or mixed with a right checksum. BadRequest "bad_address".
  static Result<EthereumAddress> from_text(std::string_view text);
  explicit EthereumAddress(const std::array<std::uint8_t, 20>& bytes) : bytes_(bytes) {}

  const std::array<std::uint8_t, 20>& bytes() const { return bytes_; }
  std::string text() const;  // with the checksum in its case
  friend auto operator<=>(const EthereumAddress&, const EthereumAddress&) = default;

 private:
  std::array<std::uint8_t, 20> bytes_;
};

/// The digest that a wallet signs for eth_signTypedData_v4: `typed_data` is {types, primaryType, domain, message} as it
/// is given to the wallet. The message is one flat structure of string, bytes, address, uint256, bytes32 and bool;
/// amounts are decimal texts, numbers or "0x" quantities. BadRequest "bad_typed_data".
Result<Digest> typed_data_digest(const Json& typed_data);

/// Who signed: `signature` is "0x" and 65 bytes r ‖ s ‖ v (v 0, 1, 27 or 28) or 64 of the short form. Forbidden
/// "wallet_signature_bad" when it is no signature of anybody.
Result<EthereumAddress> signer_of(const Digest& digest, std::string_view signature);

}  // namespace swarma::crypto
