#include "base/bytes.h"

#include <gtest/gtest.h>

#include <set>

#include "base/random.h"

namespace swarma {
namespace {

TEST(Bytes, TextFormsAndBack) {
  const Bytes bytes = {0x00, 0xff, 0x10};
  EXPECT_EQ(to_hex(bytes), "00ff10");
  EXPECT_EQ(to_base64url(bytes), "AP8Q");
  EXPECT_EQ(to_base32(bytes), "ad7ra");
  EXPECT_EQ(parse_hex("00ff10").value(), bytes);
  EXPECT_EQ(parse_base64url("AP8Q").value(), bytes);
  EXPECT_EQ(parse_base32("ad7ra").value(), bytes);
}

TEST(Bytes, AgreeWithRfc4648) {
  const auto both = [](std::string_view text) { return to_base64url(view(text)) + " " + to_base32(view(text)); };
  EXPECT_EQ(both(""), " ");
  EXPECT_EQ(both("f"), "Zg my");
  EXPECT_EQ(both("fo"), "Zm8 mzxq");
  EXPECT_EQ(both("foo"), "Zm9v mzxw6");
  EXPECT_EQ(both("foob"), "Zm9vYg mzxw6yq");
  EXPECT_EQ(both("fooba"), "Zm9vYmE mzxw6ytb");
  EXPECT_EQ(both("foobar"), "Zm9vYmFy mzxw6ytboi");
  EXPECT_EQ(to_base64url(Bytes{0xfb, 0xff, 0xfe}), "-__-");
}

TEST(Bytes, EveryLengthRoundTrips) {
  for (std::size_t length = 0; length < 100; ++length) {
    Bytes bytes(length);
    fill_random(bytes);
    EXPECT_EQ(parse_hex(to_hex(bytes)).value(), bytes);
    EXPECT_EQ(parse_base64url(to_base64url(bytes)).value(), bytes);
    EXPECT_EQ(parse_base32(to_base32(bytes)).value(), bytes);
  }
}

TEST(Bytes, OneSpellingPerValue) {
  // All texts of up to three characters over a small alphabet: no two of them may mean the same bytes.
  const std::string alphabet = "AQgwZ_-2a=";
  std::set<Bytes> base64url, base32;
  const auto check = [&](const std::string& text) {
    if (const auto bytes = parse_base64url(text)) EXPECT_TRUE(base64url.insert(*bytes).second) << text;
    if (const auto bytes = parse_base32(text)) EXPECT_TRUE(base32.insert(*bytes).second) << text;
  };
  check("");
  for (char a : alphabet) {
    check({a});
    for (char b : alphabet) {
      check({a, b});
      for (char c : alphabet) check({a, b, c});
    }
  }
  EXPECT_GT(base64url.size(), 100u);
}

TEST(Bytes, RefusesWhatIsNotCanonical) {
  for (const char* bad : {"A", "AB", "AP8Q=", "AP8Q\n", "AP+Q", "AP/Q", "AP 8Q", "AAAAA", "AAB"})
    EXPECT_FALSE(parse_base64url(bad)) << bad;
  for (const char* bad : {"0", "0g", "0A", "FF", " 00", "0x00"}) EXPECT_FALSE(parse_hex(bad)) << bad;
  for (const char* bad : {"a", "ab", "AD7RA", "ad7r1", "ad7ra===", "aaa", "aaaaaa"})
    EXPECT_FALSE(parse_base32(bad)) << bad;
  EXPECT_EQ(parse_hex("zz").error().reason, "bad_encoding");
  EXPECT_FALSE(parse_base64url(std::string_view("AA\0A", 4)));
}

TEST(Bytes, TakeExactlyChecksTheLength) {
  EXPECT_EQ(take_exactly<2>(Bytes{1, 2}).value(), (std::array<std::uint8_t, 2>{1, 2}));
  EXPECT_EQ(take_exactly<2>(Bytes{1}).error().reason, "wrong_length");
  EXPECT_FALSE(take_exactly<2>(Bytes{1, 2, 3}));
}

}  // namespace
}  // namespace swarma
