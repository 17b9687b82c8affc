#include "crypto/ethereum.h"

#include "crypto/vectors_testing.h"

namespace swarma::crypto {
namespace {

using testing::read_vectors;

Bytes from_0x(const Json& value) {
  return parse_hex(value.get_ref<const std::string&>().substr(2)).value();
}
Digest digest_of(const char* hex) {
  return take_exactly<32>(parse_hex(hex).value()).value();
}

TEST(Keccak, AgreesWithEthers) {
  int checked = 0;
  for (const Json& test : read_vectors("ethereum/keccak.json")) {
    EXPECT_EQ("0x" + to_hex(keccak256(from_0x(test["data"]))), test["keccak256"].get<std::string>()) << test["data"];
    ++checked;
  }
  EXPECT_GT(checked, 300);
}

TEST(EthereumAddress, WritesTheChecksum) {
  int checked = 0;
  for (const Json& test : read_vectors("ethereum/addresses.json")) {
    const auto address = EthereumAddress::from_text(test["address"].get<std::string>());
    ASSERT_TRUE(address) << test["address"];
    EXPECT_EQ(address->text(), test["checksumAddress"].get<std::string>());
    EXPECT_EQ(EthereumAddress::from_text(address->text()).value(), *address);
    ++checked;
  }
  EXPECT_GT(checked, 600);
}

TEST(EthereumAddress, RefusesMisspeltOnes) {
  for (const char* text :
       {"", "0x", "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAedd", "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeg", "0X5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"})
    EXPECT_FALSE(EthereumAddress::from_text(text)) << text;
  EXPECT_TRUE(EthereumAddress::from_text("0x5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED"));
}

TEST(TypedData, AgreesWithEthersOnFlatStructures) {
  int checked = 0;
  for (const Json& test : read_vectors("ethereum/eip712-flat.json")) {
    const auto digest = typed_data_digest({{"types", test["types"]},
                                           {"primaryType", test["primaryType"]},
                                           {"domain", test["domain"]},
                                           {"message", test["data"]}});
    ASSERT_TRUE(digest) << test["name"] << digest.error().message;
    EXPECT_EQ("0x" + to_hex(*digest), test["digest"].get<std::string>()) << test["name"];
    ++checked;
  }
  EXPECT_GT(checked, 100);
}

TEST(TypedData, RefusesWhatItCannotHash) {
  const Json good = {{"types", {{"Pay", {{{"name", "a"}, {"type", "uint256"}}}}}},
                     {"primaryType", "Pay"},
                     {"domain", {{"name", "x"}}},
                     {"message", {{"a", "1"}}}};
  EXPECT_TRUE(typed_data_digest(good));
  for (const auto& [pointer, value] :
       {std::pair("/message/a", Json("-1")), std::pair("/message/a", Json(1.5)), std::pair("/message", Json::object()),
        std::pair("/primaryType", Json("Other")), std::pair("/types/Pay/0/type", Json("uint8[]")),
        std::pair("/types/Pay", Json("text")), std::pair("/domain/name", Json(7)), std::pair("/types", Json(nullptr)),
        std::pair("/domain/verifyingContract", Json("0x12"))}) {
    Json bad = good;
    bad[Json::json_pointer(pointer)] = value;
    EXPECT_FALSE(typed_data_digest(bad)) << bad.dump();
  }
}

// The worked example of EIP-155: the hash that is signed, r, s, and the sender.
const Digest kEip155Hash = digest_of("daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53");
constexpr const char* kEip155Signature =
    "0x28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276"
    "67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83";

TEST(SignerOf, RecoversTheSenderOfEip155) {
  const std::string text = kEip155Signature;
  for (const char* v : {"00", "1b"}) {
    const auto signer = signer_of(kEip155Hash, text + v);
    ASSERT_TRUE(signer);
    EXPECT_EQ(signer->text(), "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F");
  }
  EXPECT_EQ(signer_of(kEip155Hash, text)->text(), "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F");  // ERC-2098, even
  EXPECT_NE(signer_of(kEip155Hash, text + "1c")->text(), "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F");
}

TEST(SignerOf, RefusesWhatIsNoSignature) {
  const std::string text = kEip155Signature;
  for (const std::string& bad :
       {std::string(), std::string("0x"), text + "02", text + "1d", text + "1b00", text.substr(2) + "1b",
        "0x" + std::string(130, '0'), "0x" + std::string(128, 'f') + "1b",
        // the same signature with n − s, which is high
        std::string("0x28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276"
                    "98341627668089e51348fccfb4c7ff31c55912f2d2e47ef09652acf665fad3be1c")})
    EXPECT_FALSE(signer_of(kEip155Hash, bad)) << bad;
}

}  // namespace
}  // namespace swarma::crypto
