#include "crypto/keys.h"

#include <algorithm>

#include "crypto/vectors_testing.h"

namespace swarma::crypto {
namespace {

using testing::hex;
using testing::hex_exactly;
using testing::read_vectors;

PublicKey key_from(std::string_view text) {
  return take_exactly<32>(parse_hex(text).value()).value();
}
SecretKey secret_from(std::string_view text) {
  return SecretKey(key_from(text));
}

// RFC 8032 §7.1 test 1, RFC 7748 §6.1 Alice.
constexpr std::string_view kSeed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
constexpr std::string_view kEd25519 = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
constexpr std::string_view kEd25519Did = "did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw";
constexpr std::string_view kScalar = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
constexpr std::string_view kX25519 = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";
constexpr std::string_view kX25519Did = "did:key:z6LSkdrX4EvewpktHBjvNxRDogPdC5iVF8LT3LPKefGAgi89";

TEST(SigningKey, SignsInTheNameOfItsDid) {
  const SigningKey key = SigningKey::generate();
  const Signature signature = key.sign(view("a message"));
  EXPECT_TRUE(verify(key.did(), view("a message"), signature));
  EXPECT_FALSE(verify(key.did(), view("another"), signature));
  EXPECT_FALSE(verify(SigningKey::generate().did(), view("a message"), signature));
}

TEST(SigningKey, AgreesWithTheStandards) {
  const SigningKey key(secret_from(kSeed));
  EXPECT_EQ(to_hex(key.did().public_key()), kEd25519);
  EXPECT_EQ(key.did().text(), kEd25519Did);
  EXPECT_EQ(key.jkt(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");  // RFC 8037 appendix A.3
  EXPECT_EQ(to_hex(key.sign({})),
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f059"
            "5bbe246"
            "55141438e7a100b");
}

TEST(Verify, AgreesWithWycheproof) {
  int checked = 0;
  for (const Json& group : read_vectors("wycheproof/ed25519_test.json")["testGroups"]) {
    const auto signer = Did::from_public_key(hex_exactly<32>(group["publicKey"]["pk"]));
    ASSERT_TRUE(signer);
    for (const Json& test : group["tests"]) {
      EXPECT_EQ(verify(*signer, hex(test["msg"]), hex(test["sig"])), test["result"] == "valid") << test["tcId"];
      ++checked;
    }
  }
  EXPECT_GT(checked, 90);
}

TEST(Verify, AKeyThatIsNoPointOfTheCurveVerifiesNothing) {
  PublicKey no_point{};
  no_point[0] = 2;  // y = 2 has no x
  const auto did = Did::from_public_key(no_point);
  ASSERT_TRUE(did);
  EXPECT_FALSE(verify(*did, view("x"), SigningKey::generate().sign(view("x"))));
  EXPECT_FALSE(verify(*did, view("x"), Signature{}));
}

TEST(Did, AgreesWithTheDidKeyVectors) {
  const Json vectors = read_vectors("did-key/ed25519-x25519.json");
  ASSERT_GE(vectors.size(), 3u);
  for (const auto& [text, vector] : vectors.items()) {
    const SigningKey key(SecretKey(hex_exactly<32>(vector["seed"])));
    EXPECT_EQ(key.did().text(), text);
    EXPECT_TRUE(Did::parse(text) == key.did());
    const std::string id = vector["keyAgreementKeyPair"]["id"];
    const std::string agreement = id.substr(id.find('#') + 1);
    const auto encryption = EncryptionKey::parse("did:key:" + agreement);
    ASSERT_TRUE(encryption);
    EXPECT_EQ(encryption->did(), "did:key:" + agreement);
  }
}

TEST(Did, RefusesOtherSpellings) {
  const std::string good(kEd25519Did);
  ASSERT_TRUE(Did::parse(good));
  const std::string tail = good.substr(9);
  for (const std::string& bad :
       {std::string(), std::string("did:key:"), std::string("did:key:z"), good + "1", good + " ", " " + good,
        good + "#" + tail, "DID:KEY:z" + tail, "did:key:Z" + tail, "did:key:u" + tail, "did:web:z" + tail,
        "did:key:z1" + tail, good.substr(0, good.size() - 1), "did:key:z" + std::string(47, 'z'),
        "did:key:z" + std::string(47, '1'), "did:key:z6Mk" + std::string(5000, 'a'), std::string(kX25519Did)})
    EXPECT_FALSE(Did::parse(bad)) << bad.substr(0, 80);
  for (char c : {'0', 'O', 'I', 'l', '-', '\0', '\xff'}) {
    std::string changed = good;
    changed[20] = c;
    EXPECT_FALSE(Did::parse(changed));
  }
}

TEST(Did, EveryKeyHasOneTextAndBack) {
  for (int i = 0; i < 200; ++i) {
    const Did did = SigningKey::generate().did();
    ASSERT_TRUE(did.text().starts_with("did:key:z6Mk")) << did.text();
    EXPECT_EQ(Did::parse(did.text()).value().public_key(), did.public_key());
  }
}

TEST(Did, RefusesSmallOrderAndNonCanonicalKeys) {
  // All encodings with y of order 1, 2, 4 and 8 (with both signs), and y + p where it fits 255 bits.
  for (std::string_view y : {"0000000000000000000000000000000000000000000000000000000000000000",
                             "0100000000000000000000000000000000000000000000000000000000000000",
                             "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                             "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                             "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
                             "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                             "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                             "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                             "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    PublicKey key = key_from(y);
    EXPECT_FALSE(Did::from_public_key(key)) << y;
    key.back() |= 0x80;
    EXPECT_FALSE(Did::from_public_key(key)) << y;
  }
}

TEST(Jwk, RoundTripsAndRefusesWhatIsNotAPublicKey) {
  const Did did = SigningKey::generate().did();
  const Json jwk = ed25519_jwk(did.public_key());
  EXPECT_TRUE(did_from_jwk(jwk) == did);
  const auto with = [&](const char* name, const Json& value) {
    Json changed = jwk;
    changed[name] = value;
    return did_from_jwk(changed);
  };
  EXPECT_TRUE(with("key_ops", Json::array({"verify"}))) << "WebCrypto exports say more than they must";
  EXPECT_FALSE(with("kty", "EC"));
  EXPECT_FALSE(with("crv", "X25519"));
  EXPECT_FALSE(with("crv", 1));
  EXPECT_FALSE(with("d", "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"));
  EXPECT_FALSE(with("x", to_base64url(did.public_key()) + "="));
  EXPECT_FALSE(with("x", to_base64url(Bytes(31))));
  EXPECT_FALSE(with("x", to_base64url(Bytes(32))));
  EXPECT_FALSE(with("x", std::string(43, 'B'))) << "non-zero trailing bits";
  EXPECT_FALSE(with("x", Json::array()));
  EXPECT_FALSE(did_from_jwk(Json::array()));
  EXPECT_FALSE(did_from_jwk(Json("OKP")));
  EXPECT_FALSE(did_from_jwk(Json::object()));
}

TEST(DecryptionKey, TwoSidesAgree) {
  const DecryptionKey alice(secret_from(kScalar));
  EXPECT_EQ(to_hex(alice.encryption_key().public_key()), kX25519);
  EXPECT_EQ(alice.encryption_key().did(), kX25519Did);
  const DecryptionKey bob = DecryptionKey::generate();
  EXPECT_TRUE(alice.agree(bob.encryption_key()).value() == bob.agree(alice.encryption_key()).value());
}

TEST(DecryptionKey, AgreesWithWycheproofAndRefusesWeakKeys) {
  int agreed = 0;
  int refused = 0;
  for (const Json& group : read_vectors("wycheproof/x25519_test.json")["testGroups"])
    for (const Json& test : group["tests"]) {
      const auto has_flag = [&](const char* flag) {
        return std::find(test["flags"].begin(), test["flags"].end(), flag) != test["flags"].end();
      };
      const auto peer = EncryptionKey::from_public_key(hex_exactly<32>(test["public"]));
      const bool must_refuse =
          has_flag("LowOrderPublic") || has_flag("NonCanonicalPublic") || has_flag("ZeroSharedSecret");
      EXPECT_EQ(peer.has_value(), !must_refuse) << test["tcId"];
      if (!peer) {
        ++refused;
        continue;
      }
      const DecryptionKey own(SecretKey(hex_exactly<32>(test["private"])));
      EXPECT_TRUE(own.agree(*peer) == SecretKey(hex_exactly<32>(test["shared"]))) << test["tcId"];
      ++agreed;
    }
  EXPECT_GT(agreed, 300);
  EXPECT_GT(refused, 20);
}

TEST(EncryptionKey, HasOneTextAndOneJwk) {
  const EncryptionKey key = DecryptionKey::generate().encryption_key();
  EXPECT_EQ(EncryptionKey::parse(key.did()).value(), key);
  EXPECT_EQ(EncryptionKey::from_jwk(key.jwk()).value(), key);
  Json with_private = key.jwk();
  with_private["d"] = to_base64url(Bytes(32, 1));
  EXPECT_FALSE(EncryptionKey::from_jwk(with_private));
  EXPECT_FALSE(EncryptionKey::from_jwk(ed25519_jwk(key.public_key())));
  EXPECT_FALSE(EncryptionKey::parse(kEd25519Did));
}

}  // namespace
}  // namespace swarma::crypto
