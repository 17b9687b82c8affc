#include "crypto/jws.h"

#include "crypto/vectors_testing.h"

namespace swarma::crypto {
namespace {

constexpr std::string_view kTyp = "swarma-grant+jwt";

std::string join(std::string_view header, std::string_view payload) {
  return to_base64url(view(header)) + "." + to_base64url(view(payload));
}

/// A JWS with any header, validly signed: what a hostile client can make.
std::string sign_raw(const SigningKey& key, std::string_view header, std::string_view payload) {
  const std::string text = join(header, payload);
  return text + "." + to_base64url(key.sign(view(text)));
}

std::string reason_of(const Result<Json>& result) {
  return result ? "accepted" : result.error().reason;
}

TEST(Jws, VerifiesWhatTheExpectedSignerSigned) {
  const SigningKey creator = SigningKey::generate();
  const std::string jws = sign_jws(creator, kTyp, {{"grant_id", "g1"}, {"exp", 1'800'000'000}}).value();

  const auto payload = verify_jws(jws, kTyp, creator.did());
  ASSERT_TRUE(payload) << payload.error().message;
  EXPECT_EQ((*payload)["grant_id"], "g1");
  EXPECT_EQ(reason_of(verify_jws(jws, kTitleTyp, creator.did())), "wrong_jws_type");
  EXPECT_EQ(reason_of(verify_jws(jws, kTyp, SigningKey::generate().did())), "wrong_signer");
}

TEST(Jws, HasCanonicalHeaderAndPayload) {
  const SigningKey key = SigningKey::generate();
  const std::string jws = sign_jws(key, kTyp, {{"b", 1}, {"a", "é"}}).value();
  EXPECT_TRUE(jws.starts_with(
      join(R"({"alg":"EdDSA","kid":")" + key.did().text() + R"(","typ":"swarma-grant+jwt"})", R"({"a":"é","b":1})") +
      "."));
  EXPECT_FALSE(sign_jws(key, kTyp, {{"ns", std::uint64_t{1} << 60}}));
  EXPECT_FALSE(sign_jws(key, kTyp, {{"bad utf-8", "\xff"}}));
}

TEST(Jws, AgreesWithRfc8037) {
  const Json vector = testing::read_vectors("jose/ed25519-jws.json");
  const SigningKey key(
      SecretKey(take_exactly<32>(parse_base64url(vector["input"]["key"]["d"].get<std::string>()).value()).value()));
  EXPECT_EQ(to_base64url(key.did().public_key()), vector["input"]["key"]["x"].get<std::string>());
  const auto& signing = vector["signing"];
  EXPECT_EQ(to_base64url(key.sign(view(signing["sig-input"].get<std::string>()))), signing["sig"].get<std::string>());
  EXPECT_EQ(reason_of(verify_jws(vector["output"]["compact"].get<std::string>(), kTyp, key.did())), "wrong_jws_type")
      << "the RFC's example has no typ, and every object of ours has one";
}

TEST(Jws, AcceptsBothNamesOfTheAlgorithmAndNoOther) {
  const SigningKey key = SigningKey::generate();
  const auto with_alg = [&](const std::string& alg) {
    return reason_of(
        verify_jws(sign_raw(key, R"({"alg":)" + alg + R"(,"typ":"swarma-grant+jwt"})", "{}"), kTyp, key.did()));
  };
  EXPECT_EQ(with_alg(R"("EdDSA")"), "accepted");
  EXPECT_EQ(with_alg(R"("Ed25519")"), "accepted");
  for (const char* alg : {R"("none")", R"("None")", R"("HS256")", R"("ES256")", R"("Ed448")", R"("eddsa")", R"("")",
                          "null", "1", R"(["EdDSA"])"})
    EXPECT_EQ(with_alg(alg), "bad_jws") << alg;
  EXPECT_EQ(reason_of(verify_jws(join(R"({"alg":"none","typ":"swarma-grant+jwt"})", "{}") + ".", kTyp, key.did())),
            "bad_jws");
  EXPECT_EQ(reason_of(verify_jws(sign_raw(key, R"({"typ":"swarma-grant+jwt"})", "{}"), kTyp, key.did())), "bad_jws");
}

TEST(Jws, RefusesHostileHeaders) {
  const SigningKey key = SigningKey::generate();
  const auto with = [&](const std::string& members) {
    return reason_of(verify_jws(sign_raw(key, "{" + members + "}", "{}"), kTyp, key.did()));
  };
  const std::string good = R"("alg":"EdDSA","typ":"swarma-grant+jwt")";
  EXPECT_EQ(with(good), "accepted");
  EXPECT_EQ(with(good + R"(,"crit":["b64"],"b64":false)"), "bad_jws");
  EXPECT_EQ(with(good + R"(,"crit":[])"), "bad_jws");
  EXPECT_EQ(with(R"("alg":"none",)" + good), "bad_jws") << "duplicate members";
  EXPECT_EQ(with(good + R"(,"alg":"EdDSA")"), "bad_jws");
  EXPECT_EQ(with(R"("alg":"EdDSA")"), "wrong_jws_type");
  EXPECT_EQ(with(R"("alg":"EdDSA","typ":"SWARMA-grant+jwt")"), "wrong_jws_type");
  EXPECT_EQ(with(R"("alg":"EdDSA","typ":"JWT")"), "wrong_jws_type");
  EXPECT_EQ(with(R"("alg":"EdDSA","typ":["swarma-grant+jwt"])"), "wrong_jws_type");
  EXPECT_EQ(with(good + R"(,"kid":7)"), "wrong_signer");
  EXPECT_EQ(with(good + R"(,"kid":")" + SigningKey::generate().did().text() + R"(")"), "wrong_signer");
}

TEST(Jws, AKeyInTheHeaderIsNotTrusted) {
  const SigningKey honest = SigningKey::generate();
  const SigningKey thief = SigningKey::generate();
  const std::string jws = sign_jws_with_jwk(thief, kTyp, {{"x", 1}}).value();
  EXPECT_EQ(reason_of(verify_jws(jws, kTyp, honest.did())), "bad_signature");
}

TEST(Jws, RefusesEveryChangedCharacter) {
  const SigningKey key = SigningKey::generate();
  const std::string jws = sign_jws(key, kTyp, {{"slots", {0, 8}}}).value();
  for (std::size_t i = 0; i < jws.size(); ++i) {
    std::string changed = jws;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(verify_jws(changed, kTyp, key.did())) << i;
    EXPECT_FALSE(verify_jws(jws.substr(0, i), kTyp, key.did())) << i;
  }
}

TEST(Jws, RefusesOtherSpellingsOfTheSameBytes) {
  const SigningKey key = SigningKey::generate();
  const std::string jws = sign_jws(key, kTyp, {{"x", 1}}).value();
  const std::size_t first = jws.find('.');
  const std::size_t second = jws.rfind('.');
  ASSERT_TRUE(verify_jws(jws, kTyp, key.did()));
  for (std::size_t at : {first, second, jws.size()})
    for (const char* extra : {"=", "==", "\n", " ", ".", "+", "/"})
      EXPECT_FALSE(verify_jws(jws.substr(0, at) + extra + jws.substr(at), kTyp, key.did()));
  // The same with a signature that covers the odd spelling.
  for (const char* payload : {"e30=", "e31", "e30\n", "e3+0"}) {
    const std::string text = jws.substr(0, first + 1) + payload;
    EXPECT_EQ(reason_of(verify_jws(text + "." + to_base64url(key.sign(view(text))), kTyp, key.did())), "bad_jws")
        << payload;
  }
  // 64 bytes end in a character that holds four padding bits.
  std::string trailing = jws;
  trailing.back() = trailing.back() == 'A' ? 'B' : static_cast<char>(trailing.back() + 1);
  EXPECT_FALSE(verify_jws(trailing, kTyp, key.did()));
}

TEST(Jws, RefusesWhatIsNoJws) {
  const Did did = SigningKey::generate().did();
  for (const char* text :
       {"", ".", "..", "...", "a.b", "a.b.c.d", "{}", "e30.e30.", ".e30.AAAA", "e30..", "\xff.\xff.\xff"})
    EXPECT_FALSE(verify_jws(text, kTyp, did)) << text;
}

TEST(Jws, RefusesPayloadsThatAreNotStrictJsonObjects) {
  const SigningKey key = SigningKey::generate();
  const std::string header = R"({"alg":"EdDSA","typ":"swarma-grant+jwt"})";
  for (const std::string& payload :
       {std::string(), std::string("[]"), std::string("\"x\""), std::string("{\"a\":1,\"a\":2}"),
        std::string("{\"a\":{\"b\":1,\"b\":1}}"), std::string("{} {}"), std::string("{\"a\":NaN}"),
        std::string(40, '[') + std::string(40, ']'), std::string("{\"a\":\"\xff\"}")}) {
    EXPECT_EQ(reason_of(verify_jws(sign_raw(key, header, payload), kTyp, key.did())), "bad_jws") << payload;
    EXPECT_FALSE(peek_jws(sign_raw(key, header, payload)));
  }
}

TEST(Jws, RefusesMoreThanTheLimit) {
  const SigningKey key = SigningKey::generate();
  const std::string jws = sign_jws(key, kTyp, {{"x", std::string(1000, 'x')}}).value();
  EXPECT_TRUE(verify_jws(jws, kTyp, key.did(), jws.size()));
  EXPECT_EQ(reason_of(verify_jws(jws, kTyp, key.did(), jws.size() - 1)), "jws_too_large");
  EXPECT_EQ(reason_of(peek_jws(jws, jws.size() - 1)), "jws_too_large");
}

TEST(Jws, PeekShowsTheClaimsWithoutTrust) {
  const SigningKey key = SigningKey::generate();
  std::string jws = sign_jws(key, kTyp, {{"issuer", key.did().text()}}).value();
  jws[jws.size() - 10] = jws[jws.size() - 10] == 'A' ? 'B' : 'A';
  EXPECT_EQ(peek_jws(jws).value()["issuer"], key.did().text());
}

TEST(SelfSignedJws, ShowsWhoSigned) {
  const SigningKey key = SigningKey::generate();
  const std::string jws = sign_jws_with_jwk(key, kDpopTyp, {{"jti", "1"}}).value();
  const auto verified = verify_self_signed_jws(jws, kDpopTyp);
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_TRUE(verified->first == key.did());
  EXPECT_EQ(verified->second["jti"], "1");
  EXPECT_FALSE(verify_self_signed_jws(sign_jws(key, kDpopTyp, {{"jti", "1"}}).value(), kDpopTyp))
      << "no key in the header";
}

TEST(SelfSignedJws, RefusesPrivateForeignAndWeakKeys) {
  const SigningKey key = SigningKey::generate();
  const auto with_jwk = [&](const Json& jwk) {
    const Json header = {{"alg", "EdDSA"}, {"typ", kDpopTyp}, {"jwk", jwk}};
    return verify_self_signed_jws(sign_raw(key, header.dump(), "{}"), kDpopTyp).has_value();
  };
  Json jwk = ed25519_jwk(key.did().public_key());
  EXPECT_TRUE(with_jwk(jwk));
  EXPECT_FALSE(with_jwk(ed25519_jwk(SigningKey::generate().did().public_key())));
  EXPECT_FALSE(with_jwk(ed25519_jwk(PublicKey{})));
  jwk["d"] = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
  EXPECT_FALSE(with_jwk(jwk));
  EXPECT_FALSE(with_jwk("https://example.org/key"));
}

TEST(SelfSignedJws, ASmallOrderKeyCannotBeUsedToSignForEverybody) {
  // With the neutral point as key, S = 0 and R = neutral verify for every message in a careless implementation.
  const Json header = {{"alg", "EdDSA"}, {"typ", kDpopTyp}, {"jwk", ed25519_jwk(PublicKey{1})}};
  Signature signature{};
  signature[0] = 1;
  EXPECT_FALSE(verify_self_signed_jws(join(header.dump(), "{}") + "." + to_base64url(signature), kDpopTyp));
}

}  // namespace
}  // namespace swarma::crypto
