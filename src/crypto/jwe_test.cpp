#include <map>
#include <set>

#include "crypto/jws.h"
#include "crypto/vectors_testing.h"

namespace swarma::crypto {
namespace {

constexpr std::string_view kTyp = "swarma-sealed+jwe";

std::string reason_of(const Result<Bytes>& result) {
  return result ? "opened" : result.error().reason;
}

std::vector<std::string> parts_of(const std::string& jwe) {
  std::vector<std::string> parts(1);
  for (char c : jwe) {
    if (c == '.')
      parts.emplace_back();
    else
      parts.back().push_back(c);
  }
  return parts;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out = parts[0];
  for (std::size_t i = 1; i < parts.size(); ++i) out += "." + parts[i];
  return out;
}

Json header_of(const std::string& jwe) {
  return Json::parse(parse_base64url(parts_of(jwe)[0]).value());
}

std::string with_header(const std::string& jwe, const std::string& header) {
  auto parts = parts_of(jwe);
  parts[0] = to_base64url(view(header));
  return joined(parts);
}

TEST(JweSealer, ServesManyRecipientsEachOfWhomOpensTheirOwn) {
  JweSealer sealer;
  std::vector<DecryptionKey> keys;
  std::vector<std::string> sealed;
  for (int i = 0; i < 5; ++i) {
    keys.push_back(DecryptionKey::generate());
    sealed.push_back(sealer.encrypt(keys.back().encryption_key(), kTyp, view("for " + std::to_string(i))));
  }
  for (std::size_t i = 0; i < keys.size(); ++i)
    for (std::size_t j = 0; j < keys.size(); ++j)
      EXPECT_EQ(reason_of(decrypt_jwe(keys[i], sealed[j])), i == j ? "opened" : "decryption_failed") << i << " " << j;
  EXPECT_EQ(decrypt_jwe(keys[3], sealed[3]).value(), to_bytes("for 3"));
}

TEST(JweSealer, ChangesItsKeyAndNeverSealsTheSameTwice) {
  JweSealer sealer;
  const DecryptionKey key = DecryptionKey::generate();
  std::map<std::string, int> uses;  // by ephemeral key
  std::set<std::string> wrapped, ciphertexts;
  for (int i = 0; i < 3 * kSealsPerKey; ++i) {
    const std::string jwe = sealer.encrypt(key.encryption_key(), kTyp, view("the same"));
    ++uses[header_of(jwe)["epk"]["x"].get<std::string>()];
    wrapped.insert(parts_of(jwe)[1]);
    ciphertexts.insert(parts_of(jwe)[3]);
  }
  EXPECT_GE(uses.size(), 3u);
  for (const auto& [ephemeral, count] : uses) EXPECT_LE(count, kSealsPerKey);
  EXPECT_EQ(wrapped.size(), 3u * kSealsPerKey);  // a content key of its own each time
  EXPECT_EQ(ciphertexts.size(), 3u * kSealsPerKey);
}

TEST(Jwe, OnlyTheRecipientOpensIt) {
  const DecryptionKey viewer = DecryptionKey::generate();
  const std::string jwe = encrypt_jwe(viewer.encryption_key(), kTyp, view("the keys"));

  const auto opened = decrypt_jwe(viewer, jwe);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(as_text(*opened), "the keys");
  EXPECT_EQ(reason_of(decrypt_jwe(DecryptionKey::generate(), jwe)), "decryption_failed");
  EXPECT_EQ(header_of(jwe)["typ"].get<std::string>(), kTyp);
}

TEST(Jwe, NothingIsUsedTwice) {
  const EncryptionKey to = DecryptionKey::generate().encryption_key();
  // Long enough that two ciphertexts are not the same by chance.
  const auto first = parts_of(encrypt_jwe(to, kTyp, view("the keys of a film")));
  const auto second = parts_of(encrypt_jwe(to, kTyp, view("the keys of a film")));
  ASSERT_EQ(first.size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_NE(first[i], second[i]);
}

TEST(Jwe, SealsAnyLength) {
  const DecryptionKey key = DecryptionKey::generate();
  for (std::size_t length : {std::size_t{0}, std::size_t{1}, std::size_t{1000}, std::size_t{100'000}}) {
    const Bytes plaintext(length, 0x5a);
    EXPECT_EQ(decrypt_jwe(key, encrypt_jwe(key.encryption_key(), kTyp, plaintext)).value(), plaintext);
  }
}

TEST(Jwe, RefusesEveryChangedCharacterAndEveryTruncation) {
  const DecryptionKey key = DecryptionKey::generate();
  const std::string jwe = encrypt_jwe(key.encryption_key(), kTyp, view("text"));
  for (std::size_t i = 0; i < jwe.size(); ++i) {
    std::string changed = jwe;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(decrypt_jwe(key, changed)) << i;
    EXPECT_FALSE(decrypt_jwe(key, jwe.substr(0, i))) << i;
  }
  for (const char* extra : {"=", ".", " ", "A"}) EXPECT_FALSE(decrypt_jwe(key, jwe + extra));
}

TEST(Jwe, RefusesOtherAlgorithmsAndExtensions) {
  const DecryptionKey key = DecryptionKey::generate();
  const std::string jwe = encrypt_jwe(key.encryption_key(), kTyp, view("text"));
  const auto changed = [&](const char* name, const Json& value) {
    Json header = header_of(jwe);
    header[name] = value;
    return reason_of(decrypt_jwe(key, with_header(jwe, header.dump())));
  };
  EXPECT_EQ(changed("alg", "ECDH-ES"), "bad_jwe");
  EXPECT_EQ(changed("alg", "dir"), "bad_jwe");
  EXPECT_EQ(changed("enc", "A128GCM"), "bad_jwe");
  EXPECT_EQ(changed("zip", "DEF"), "bad_jwe");
  EXPECT_EQ(changed("crit", Json::array({"exp"})), "bad_jwe");
  EXPECT_EQ(changed("cty", "x"), "decryption_failed") << "the header is authenticated";
  EXPECT_EQ(changed("apu", "QWxpY2U"), "decryption_failed") << "party information enters the key derivation";
  EXPECT_FALSE(decrypt_jwe(key, with_header(jwe, R"({"alg":"ECDH-ES+A256KW","alg":"ECDH-ES+A256KW"})")));
  EXPECT_FALSE(decrypt_jwe(key, with_header(jwe, "[]")));
  EXPECT_FALSE(decrypt_jwe(key, with_header(jwe, std::string(5000, ' ') + header_of(jwe).dump())));
}

TEST(Jwe, RefusesEphemeralKeysThatLeadToAKnownSecret) {
  const DecryptionKey key = DecryptionKey::generate();
  const std::string jwe = encrypt_jwe(key.encryption_key(), kTyp, view("text"));
  const auto with_epk = [&](const Json& epk) {
    Json header = header_of(jwe);
    header["epk"] = epk;
    return reason_of(decrypt_jwe(key, with_header(jwe, header.dump())));
  };
  const auto okp = [](const Bytes& x) { return Json{{"kty", "OKP"}, {"crv", "X25519"}, {"x", to_base64url(x)}}; };
  Bytes one(32);
  one[0] = 1;
  EXPECT_EQ(with_epk(okp(Bytes(32))), "bad_public_key");
  EXPECT_EQ(with_epk(okp(one)), "bad_public_key");
  EXPECT_EQ(with_epk(okp(parse_hex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157").value())),
            "bad_public_key");
  EXPECT_EQ(with_epk(okp(Bytes(32, 0xff))), "bad_public_key");
  EXPECT_EQ(with_epk(okp(Bytes(31))), "bad_public_key");
  EXPECT_EQ(with_epk(okp(Bytes(32, 9))), "decryption_failed");
  EXPECT_EQ(with_epk("x"), "bad_member");
}

TEST(Jwe, RefusesMoreThanTheLimit) {
  const DecryptionKey key = DecryptionKey::generate();
  const std::string jwe = encrypt_jwe(key.encryption_key(), kTyp, Bytes(100));
  EXPECT_TRUE(decrypt_jwe(key, jwe, jwe.size()));
  EXPECT_EQ(reason_of(decrypt_jwe(key, jwe, jwe.size() - 1)), "jwe_too_large");
}

// Made by the npm package jose 6.2.17 for the key of RFC 7748 §6.1, with apu "Alice" and apv "Bob", which ours never
// has.
TEST(Jwe, OpensAnotherImplementationsWithPartyInformation) {
  const DecryptionKey alice(SecretKey(
      take_exactly<32>(parse_hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a").value()).value()));
  const auto opened = decrypt_jwe(alice,
                                  "eyJhbGciOiJFQ0RILUVTK0EyNTZLVyIsImVuYyI6IkEyNTZHQ00iLCJ0eXAiOiJzd2FybWEtc2VhbGVkK2p3"
                                  "ZSIsImVwayI6eyJ4IjoibmRaZ2E4aGp2VEVi"
                                  "ZlZrOGkxbGhoWmNDRG83V1RlUUF3N2l1RzI2b21RTSIsImNydiI6IlgyNTUxOSIsImt0eSI6Ik9LUCJ9LCJh"
                                  "cHUiOiJRV3hwWTJVIiwiYXB2IjoiUW05aSJ9"
                                  ".3-ZmqwuzJXM9XKlInFNnLqlBEqgy2DNJq0bhr5JRj5wpebu12wZvZw.K87BOrz9rzy4VqD1._PpOk_"
                                  "Ok8mSEcydq5hMm._T-0uUxXI7KDy-wvuFt7UA");
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(as_text(*opened), "hello from jose");
}

}  // namespace
}  // namespace swarma::crypto
