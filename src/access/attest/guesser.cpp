#include "access/attest/guesser.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "crypto/hash.h"

namespace swarma::access::attest {
namespace {

constexpr std::size_t kIpv4Bytes = 3;
constexpr std::size_t kIpv6Bytes = 6;
constexpr std::size_t kNameBytes = 16;

}  // namespace

std::string network_of(std::string_view address) {
  const std::string text(address.substr(0, address.find('%')));  // without the zone of fe80::1%eth0
  std::array<std::uint8_t, 16> bytes{};
  if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return "4:" + to_hex(ByteView(bytes).first(kIpv4Bytes));
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return text;
  static constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::ranges::equal(ByteView(bytes).first(kMapped.size()), kMapped))
    return "4:" + to_hex(ByteView(bytes).subspan(kMapped.size(), kIpv4Bytes));
  return "6:" + to_hex(ByteView(bytes).first(kIpv6Bytes));
}

std::string network_name(const crypto::SecretKey& key, std::int64_t window, const TitleId& title,
                         std::string_view network) {
  const std::string message = std::to_string(window) + ' ' + title.text() + ' ' + std::string(network);
  const crypto::Digest digest = crypto::hmac_sha256(key.expose(), view(message));
  return to_base64url(ByteView(digest).first(kNameBytes));
}

}  // namespace swarma::access::attest
