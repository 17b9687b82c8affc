#include "base/uint256.h"

#include <gtest/gtest.h>

namespace swarma {
namespace {

constexpr const char* kLargest = "115792089237316195423570985008687907853269984665640564039457584007913129639935";

TEST(Uint256, ReadsAndWritesDecimals) {
  for (const char* text : {"0", "1", "9", "10", "255", "256", "1000000000000000000", "18446744073709551616", kLargest})
    EXPECT_EQ(Uint256::from_decimal(text).value().decimal(), text);
  EXPECT_EQ(Uint256(~std::uint64_t{0}).decimal(), "18446744073709551615");
}

TEST(Uint256, ReadsQuantities) {
  EXPECT_EQ(Uint256::from_quantity("0x0").value(), Uint256());
  EXPECT_EQ(Uint256::from_quantity("0xDE0b6b3a7640000").value().decimal(), "1000000000000000000");
  EXPECT_EQ(Uint256::from_quantity("0x" + std::string(64, 'f')).value().decimal(), kLargest);
}

TEST(Uint256, RefusesEverythingElse) {
  for (const char* text : {"", "00", "01", "-1", "+1", "1.0", "1e3", " 1", "0x1", "a",
                           "115792089237316195423570985008687907853269984665640564039457584007913129639936",
                           "999999999999999999999999999999999999999999999999999999999999999999999999999999",
                           "1000000000000000000000000000000"
                           "0000000000000000000000000000000000000000000000000"})
    EXPECT_FALSE(Uint256::from_decimal(text)) << text;
  for (const std::string& text : {std::string(), std::string("0x"), std::string("1"), std::string("0xg"),
                                  "0x1" + std::string(64, '0'), std::string("0X1")})
    EXPECT_FALSE(Uint256::from_quantity(text)) << text;
}

TEST(Uint256, ComparesByValue) {
  const auto of = [](const char* text) { return Uint256::from_decimal(text).value(); };
  EXPECT_LT(of("9"), of("10"));
  EXPECT_LT(of("18446744073709551615"), of("18446744073709551616"));
  EXPECT_GE(of("10"), of("10"));
  EXPECT_GT(of(kLargest), of("1000000000000000000000000"));
}

}  // namespace
}  // namespace swarma
