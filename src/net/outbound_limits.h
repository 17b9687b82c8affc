// What an Outbound holds itself to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace swarma::net {

/// How much may be under way. What strangers' addresses take of each is three quarters at the most.
struct OutboundLimits {
  std::size_t running = 256;
  std::size_t running_per_host = 8;  // host is scheme, name and port
  std::size_t waiting = 1024;
  std::size_t waiting_per_host = 64;
};

/// Whether an address of four or sixteen bytes is public.
using AddressRule = std::function<bool(std::span<const std::uint8_t>)>;

}  // namespace swarma::net
