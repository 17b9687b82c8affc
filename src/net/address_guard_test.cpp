#include "net/address_guard.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <string>

namespace swarma::net {
namespace {

bool is_public(const std::string& text) {
  std::array<std::uint8_t, 16> bytes{};
  const bool v6 = text.find(':') != std::string::npos;
  EXPECT_EQ(inet_pton(v6 ? AF_INET6 : AF_INET, text.c_str(), bytes.data()), 1) << text;
  return is_public_address(std::span(bytes).first(v6 ? 16 : 4));
}

TEST(AddressGuard, LetsEverybodysAddressesPass) {
  for (const char* text :
       {"1.1.1.1",     "9.255.255.255",   "11.0.0.0",        "100.63.255.255",  "100.128.0.0",     "126.255.255.255",
        "128.0.0.0",   "169.253.255.255", "172.15.255.255",  "172.32.0.0",      "192.0.1.0",       "192.167.255.255",
        "192.169.0.0", "198.17.255.255",  "198.20.0.0",      "223.255.255.255", "2606:4700::1111", "2001:200::1",
        "2a00::1",     "::ffff:1.1.1.1",  "64:ff9b::1.1.1.1"})
    EXPECT_TRUE(is_public(text)) << text;
}

TEST(AddressGuard, RefusesWhatLiesInside) {
  for (const char* text :
       {"0.0.0.0",      "0.255.255.255",   "10.0.0.1",        "10.255.255.255",  "100.64.0.0",     "100.127.255.255",
        "127.0.0.1",    "127.255.255.255", "169.254.169.254", "172.16.0.0",      "172.31.255.255", "192.0.0.170",
        "192.0.2.1",    "192.88.99.1",     "192.168.0.1",     "192.168.255.255", "198.18.0.0",     "198.19.255.255",
        "198.51.100.1", "203.0.113.1",     "224.0.0.1",       "239.255.255.255", "240.0.0.1",      "255.255.255.255"})
    EXPECT_FALSE(is_public(text)) << text;
}

TEST(AddressGuard, RefusesItInEveryForm) {
  for (const char* text : {"::",
                           "::1",
                           "::127.0.0.1",
                           "::ffff:127.0.0.1",
                           "::ffff:10.0.0.1",
                           "::ffff:169.254.169.254",
                           "64:ff9b::127.0.0.1",
                           "64:ff9b::192.168.1.1",
                           "64:ff9b:1::1.1.1.1",
                           "100::1",
                           "2001::1",
                           "2001:1ff::1",
                           "2001:db8::1",
                           "2002:7f00:1::",
                           "2002:101:101::1",
                           "3fff::1",
                           "3fff:fff::1",
                           "5f00::1",
                           "fc00::1",
                           "fdff::1",
                           "fe80::1",
                           "fec0::1",
                           "ff02::1"})
    EXPECT_FALSE(is_public(text)) << text;
}

TEST(AddressGuard, RefusesWhatIsNoAddress) {
  EXPECT_FALSE(is_public_address({}));
  const std::array<std::uint8_t, 5> five{1, 1, 1, 1, 1};
  EXPECT_FALSE(is_public_address(five));
}

}  // namespace
}  // namespace swarma::net
