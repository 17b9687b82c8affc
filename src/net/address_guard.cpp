#include "net/address_guard.h"

#include <algorithm>
#include <array>

namespace swarma::net {
namespace {

struct Block4 {
  std::array<std::uint8_t, 4> prefix;
  unsigned bits;
};
struct Block6 {
  std::array<std::uint8_t, 16> prefix;
  unsigned bits;
};

constexpr std::array kNotPublic4 = {
    Block4{{0, 0, 0, 0}, 8},        // "this network", and 0.0.0.0, which leads to the machine itself
    Block4{{10, 0, 0, 0}, 8},       // private
    Block4{{100, 64, 0, 0}, 10},    // between a provider and its customers (CGNAT)
    Block4{{127, 0, 0, 0}, 8},      // loopback
    Block4{{169, 254, 0, 0}, 16},   // link-local: here clouds serve machines their secrets
    Block4{{172, 16, 0, 0}, 12},    // private
    Block4{{192, 0, 0, 0}, 24},     // protocol assignments
    Block4{{192, 0, 2, 0}, 24},     // documentation
    Block4{{192, 88, 99, 0}, 24},   // relays of 6to4
    Block4{{192, 168, 0, 0}, 16},   // private
    Block4{{198, 18, 0, 0}, 15},    // measurements
    Block4{{198, 51, 100, 0}, 24},  // documentation
    Block4{{203, 0, 113, 0}, 24},   // documentation
    Block4{{224, 0, 0, 0}, 4},      // multicast
    Block4{{240, 0, 0, 0}, 4},      // reserved, and broadcast
};

constexpr Block6 kMapped{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96};
constexpr Block6 kTranslated{{0x00, 0x64, 0xff, 0x9b}, 96};
constexpr Block6 kGlobal{{0x20}, 3};  // outside of it: loopback, link-local, private, multicast, the unassigned
constexpr std::array kNotPublic6 = {
    Block6{{0x20, 0x01, 0x00}, 23},        // protocol assignments, Teredo
    Block6{{0x20, 0x01, 0x0d, 0xb8}, 32},  // documentation
    Block6{{0x20, 0x02}, 16},              // 6to4: any IPv4 address may be inside
    Block6{{0x3f, 0xff, 0x00}, 20},        // documentation
};

bool begins_with(std::span<const std::uint8_t> address, std::span<const std::uint8_t> prefix, unsigned bits) {
  const std::size_t whole = bits / 8;
  if (!std::ranges::equal(address.first(whole), prefix.first(whole))) return false;
  const unsigned rest = bits % 8;
  return rest == 0 || (address[whole] ^ prefix[whole]) >> (8 - rest) == 0;
}

}  // namespace

bool is_public_address(std::span<const std::uint8_t> address) {
  const auto lies_in = [&](const auto& block) { return begins_with(address, block.prefix, block.bits); };
  if (address.size() == 4) return std::ranges::none_of(kNotPublic4, lies_in);
  if (address.size() != 16) return false;
  if (lies_in(kMapped) || lies_in(kTranslated)) return is_public_address(address.last(4));
  return lies_in(kGlobal) && std::ranges::none_of(kNotPublic6, lies_in);
}

}  // namespace swarma::net
