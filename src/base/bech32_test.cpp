#include "base/bech32.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/json.h"

namespace swarma {
namespace {

TEST(Bech32, AgreesWithBip173) {
  const Bytes bytes = read_file(std::string(SWARMA_SOURCE_DIR) + "/tests/vectors/bech32/bip0173.json", 1 << 20).value();
  int valid = 0;
  int invalid = 0;
  for (const Json& vector : Json::parse(bytes)["vectors"]) {
    const auto group = vector["group"].get<std::string>();
    if (group.find("Bech32") == std::string::npos) continue;  // addresses of Bitcoin
    std::string text = vector["string"].get<std::string>();
    if (vector.contains("prefix_byte"))
      text.insert(text.begin(), static_cast<char>(std::stoi(vector["prefix_byte"].get<std::string>(), nullptr, 16)));
    const bool good = group.find("are valid Bech32") != std::string::npos;
    EXPECT_EQ(parse_bech32(text, 90).has_value(), good) << text << " " << vector["note"];
    ++(good ? valid : invalid);
  }
  EXPECT_GE(valid, 5);
  EXPECT_GE(invalid, 8);
}

TEST(Bech32, RefusesWhatIsTooLong) {
  EXPECT_TRUE(parse_bech32("A12UEL5L", 8));
  EXPECT_FALSE(parse_bech32("A12UEL5L", 7));
}

TEST(Bech32, GivesBytesWithZeroPadding) {
  EXPECT_EQ(to_hex(bech32_bytes({31, 28}).value()), "ff");
  EXPECT_FALSE(bech32_bytes({31, 29}));     // padding of ones
  EXPECT_FALSE(bech32_bytes({31, 28, 0}));  // a whole value too many
  EXPECT_TRUE(bech32_bytes({})->empty());
}

}  // namespace
}  // namespace swarma
