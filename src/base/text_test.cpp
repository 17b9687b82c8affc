#include "base/text.h"

#include <gtest/gtest.h>

namespace swarma {
namespace {

TEST(ParseNumber, TakesTheWholeTextOrNothing) {
  EXPECT_EQ(parse_number<int>("-42"), -42);
  EXPECT_EQ(parse_number<std::uint16_t>("65535"), 65535);
  for (const char* text : {"", " 1", "1 ", "+1", "1.", "0x1", "one", "99999999999"})
    EXPECT_EQ(parse_number<int>(text), std::nullopt) << text;
  EXPECT_EQ(parse_number<unsigned>("-1"), std::nullopt);
  EXPECT_EQ(parse_number<std::uint16_t>("65536"), std::nullopt);
}

TEST(ParseHostPort, KnowsNamesAndBothKindsOfAddresses) {
  EXPECT_EQ(parse_host_port("localhost:0"), (HostPort{.host = "localhost", .port = 0}));
  EXPECT_EQ(parse_host_port("127.0.0.1:8420"), (HostPort{.host = "127.0.0.1", .port = 8420}));
  EXPECT_EQ(parse_host_port("[::1]:8420"), (HostPort{.host = "::1", .port = 8420}));
  EXPECT_EQ(parse_host_port("::1:8420"), (HostPort{.host = "::1", .port = 8420}));
  EXPECT_EQ(parse_host_port(":8420"), (HostPort{.host = "", .port = 8420}));
  for (const char* text : {"", "8420", "host", "host:", "host:x", "host:65536"})
    EXPECT_EQ(parse_host_port(text), std::nullopt) << text;
}

}  // namespace
}  // namespace swarma
