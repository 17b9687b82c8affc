// Which addresses a stranger may have us connect to: those that everybody on the internet can reach anyway. What is
// refused are the machine itself, its neighbours and the provider's inside (RFC 6890, IANA's special-purpose
// registries), in whatever form they are written.
#pragma once

#include <cstdint>
#include <span>

namespace swarma::net {

/// Four bytes of IPv4 or sixteen of IPv6, in network order; anything else is not public. A mapped (::ffff:0:0/96) or
/// translated (64:ff9b::/96) address is as public as the IPv4 one inside.
bool is_public_address(std::span<const std::uint8_t> address);

}  // namespace swarma::net
