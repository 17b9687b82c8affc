#include "crypto/secp256k1.h"

#include <fstream>
#include <sstream>

#include "crypto/vectors_testing.h"

namespace swarma::crypto {
namespace {

using testing::hex;
using testing::hex_exactly;
using testing::read_vectors;

std::vector<std::string> columns(const std::string& line) {
  std::vector<std::string> out;
  std::istringstream in(line);
  for (std::string column; std::getline(in, column, ',');) out.push_back(column);
  return out;
}

Bytes upper_hex(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(c));
  return parse_hex(text).value();
}

TEST(VerifySchnorr, AgreesWithBip340) {
  std::ifstream file(std::string(SWARMA_SOURCE_DIR) + "/tests/vectors/bip340/test-vectors.csv");
  std::string line;
  std::getline(file, line);  // the names of the columns
  int checked = 0;
  while (std::getline(file, line)) {
    const auto row = columns(line);
    ASSERT_GE(row.size(), 7u) << line;
    const auto key = take_exactly<32>(upper_hex(row[2])).value();
    EXPECT_EQ(verify_schnorr(key, upper_hex(row[4]), upper_hex(row[5])), row[6].starts_with("TRUE")) << line;
    ++checked;
  }
  EXPECT_GE(checked, 13);
}

TEST(VerifySchnorr, RefusesOtherLengths) {
  const std::array<std::uint8_t, 32> key{};
  EXPECT_FALSE(verify_schnorr(key, view("message"), Bytes(63)));
  EXPECT_FALSE(verify_schnorr(key, view("message"), {}));
}

/// An integer of a DER signature as 32 bytes; nothing if it is written in any but the shortest form, or does not fit.
std::optional<std::array<std::uint8_t, 32>> take_integer(ByteView& der) {
  if (der.size() < 3 || der[0] != 2 || der[1] == 0 || der[1] > 33 || der.size() < 2u + der[1]) return std::nullopt;
  ByteView number = der.subspan(2, der[1]);
  der = der.subspan(2 + number.size());
  if (number[0] >= 0x80 || (number.size() > 1 && number[0] == 0 && number[1] < 0x80)) return std::nullopt;
  if (number[0] == 0) number = number.subspan(1);
  if (number.size() > 32) return std::nullopt;
  std::array<std::uint8_t, 32> out{};
  std::copy(number.begin(), number.end(), out.end() - static_cast<std::ptrdiff_t>(number.size()));
  return out;
}

std::optional<std::array<std::uint8_t, 64>> from_der(const Bytes& bytes) {
  if (bytes.size() < 8 || bytes[0] != 0x30 || bytes[1] != bytes.size() - 2) return std::nullopt;
  ByteView rest = ByteView(bytes).subspan(2);
  const auto r = take_integer(rest);
  const auto s = r ? take_integer(rest) : std::nullopt;
  if (!s || !rest.empty()) return std::nullopt;
  std::array<std::uint8_t, 64> out;
  std::copy(r->begin(), r->end(), out.begin());
  std::copy(s->begin(), s->end(), out.begin() + 32);
  return out;
}

/// Valid signatures lead back to the key for one recovery id, the others for none.
TEST(RecoverSigner, AgreesWithWycheproof) {
  int valid = 0;
  int invalid = 0;
  for (const Json& group : read_vectors("wycheproof/ecdsa_secp256k1_sha256_bitcoin_test.json")["testGroups"])
    for (const Json& test : group["tests"]) {
      const Bytes key = hex(group["publicKey"]["uncompressed"]);  // 4 ‖ x ‖ y
      const auto signature = from_der(hex(test["sig"]));
      bool led_back = false;
      for (int id = 0; signature && id < 4; ++id) {
        const auto point = recover_signer(sha256(hex(test["msg"])), *signature, id);
        led_back = led_back || (point && std::equal(point->begin(), point->end(), key.begin() + 1));
      }
      EXPECT_EQ(led_back, test["result"] == "valid") << test["tcId"] << " " << test["comment"];
      ++(test["result"] == "valid" ? valid : invalid);
    }
  EXPECT_GT(valid, 30);
  EXPECT_GT(invalid, 200);
}

TEST(RecoverSigner, RefusesRecoveryIdsThatDoNotExist) {
  const std::array<std::uint8_t, 64> signature{};
  EXPECT_FALSE(recover_signer({}, signature, -1));
  EXPECT_FALSE(recover_signer({}, signature, 4));
}

}  // namespace
}  // namespace swarma::crypto
