// A bitstring status list (W3C, "Bitstring Status List v1.0"): which of a node's passes were revoked, one bit each.
// Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "crypto/keys.h"

namespace swarma::access::pass {

/// So many passes share a list that fetching it tells nothing about the one it is fetched for.
inline constexpr std::uint32_t kListBits = 131'072;
inline constexpr std::size_t kMaxListBytes = 256 * 1024;       // of a signed list
inline constexpr std::size_t kMaxUnpackedBytes = 1024 * 1024;  // of the bits in it: 8 million passes
inline constexpr std::chrono::seconds kListLife{300};          // until it has to be fetched anew

class StatusList {
 public:
  StatusList() : bits_(kListBits / 8) {}
  void set(std::uint32_t index);        // beyond its end: nothing
  bool get(std::uint32_t index) const;  // beyond its end: false
  std::uint32_t size() const { return static_cast<std::uint32_t>(bits_.size() * 8); }

  /// "u" and base64url of the GZIP of the bits, index 0 being the highest bit of the first byte.
  std::string encode() const;
  /// BadRequest "status_list_bad"; also when it unpacks to more than kMaxUnpackedBytes.
  static Result<StatusList> decode(std::string_view text);

 private:
  std::vector<std::uint8_t> bits_;
};

/// The list as a credential (`vc+jwt`), valid for kListLife. `url`: where it is served.
Result<std::string> sign_status_list(const StatusList& list, const std::string& url, const crypto::SigningKey& signer,
                                     Instant now);
/// Forbidden "status_list_forged", "status_list_expired".
Result<StatusList> verify_status_list(std::string_view jws, const std::string& url, const crypto::Did& signer,
                                      Instant now);

}  // namespace swarma::access::pass
