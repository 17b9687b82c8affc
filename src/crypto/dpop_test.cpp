#include "crypto/dpop.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "crypto/hash.h"

namespace swarma::crypto {
namespace {

using namespace std::chrono_literals;

constexpr Instant kNow(1'800'000'000);

std::string digest_of(std::string_view text) {
  return to_base64url(sha256(view(text)));
}

struct Dpop : ::testing::Test {
  SigningKey key = SigningKey::generate();
  DpopNonces nonces{random_key()};
  DpopClaims request{.method = "POST",
                     .url = "https://node.example/v1/keys/request",
                     .nonce = nonces.current(kNow),
                     .body_digest = digest_of("{}"),
                     .access_token = "token"};

  /// What the server compares with: it does not know which of its nonces will come.
  DpopClaims expected() const {
    DpopClaims claims = request;
    claims.nonce.clear();
    return claims;
  }
  std::string reason(const std::string& proof, const DpopClaims& claims, Instant now = kNow) const {
    const auto verified = verify_dpop_proof(proof, claims, nonces, now);
    return verified ? "accepted" : verified.error().reason;
  }
  /// A signed proof with one claim replaced, or removed when `value` is null.
  std::string proof_with(const char* name, const Json& value) const {
    Json claims = {{"jti", "j"},
                   {"htm", request.method},
                   {"htu", request.url},
                   {"iat", kNow.unix_s()},
                   {"nonce", request.nonce},
                   {"htd", request.body_digest},
                   {"ath", digest_of(request.access_token)}};
    if (value.is_null())
      claims.erase(name);
    else
      claims[name] = value;
    return sign_jws_with_jwk(key, kDpopTyp, claims).value();
  }
  std::string reason_with(const char* name, const Json& value) const {
    return reason(proof_with(name, value), expected());
  }
};

TEST_F(Dpop, AProofSaysWhoAsks) {
  const std::string proof = make_dpop_proof(key, request, kNow);

  const auto verified = verify_dpop_proof(proof, expected(), nonces, kNow + 5s);
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_TRUE(verified->signer == key.did());
  EXPECT_EQ(verified->jkt, key.jkt());
  EXPECT_EQ(verified->issued_at, kNow);
  EXPECT_EQ(verified->nonce, request.nonce);
}

TEST_F(Dpop, EveryProofHasItsOwnId) {
  const auto first = verify_dpop_proof(make_dpop_proof(key, request, kNow), expected(), nonces, kNow);
  const auto second = verify_dpop_proof(make_dpop_proof(key, request, kNow), expected(), nonces, kNow);
  EXPECT_NE(first.value().jti, second.value().jti);
}

TEST_F(Dpop, IsForOneMethodAddressBodyAndToken) {
  const std::string proof = make_dpop_proof(key, request, kNow);
  const auto against = [&](auto change) {
    DpopClaims claims = expected();
    change(claims);
    return reason(proof, claims);
  };
  EXPECT_EQ(against([](DpopClaims&) {}), "accepted");
  EXPECT_EQ(against([](DpopClaims& c) { c.method = "GET"; }), "invalid_dpop_proof");
  EXPECT_EQ(against([](DpopClaims& c) { c.method = "post"; }), "invalid_dpop_proof");
  EXPECT_EQ(against([](DpopClaims& c) { c.url = "https://node.example/v1/keys/revoke"; }), "invalid_dpop_proof");
  EXPECT_EQ(against([](DpopClaims& c) { c.url = "https://other.example/v1/keys/request"; }), "invalid_dpop_proof");
  EXPECT_EQ(against([](DpopClaims& c) { c.url = "http://node.example/v1/keys/request"; }), "invalid_dpop_proof");
  EXPECT_EQ(against([](DpopClaims& c) { c.body_digest = digest_of("{} "); }), "invalid_dpop_proof");
  EXPECT_EQ(against([](DpopClaims& c) { c.body_digest.clear(); }), "invalid_dpop_proof");
  EXPECT_EQ(against([](DpopClaims& c) { c.access_token = "other"; }), "invalid_dpop_proof");
  EXPECT_EQ(against([](DpopClaims& c) { c.access_token.clear(); }), "invalid_dpop_proof");
}

TEST_F(Dpop, RefusesMissingAndMistypedClaims) {
  EXPECT_EQ(reason_with("jti", "another"), "accepted");
  for (const char* name : {"jti", "htm", "htu", "iat", "htd", "ath"}) {
    EXPECT_EQ(reason_with(name, nullptr), "invalid_dpop_proof") << name;
    EXPECT_EQ(reason_with(name, Json::array()), "invalid_dpop_proof") << name;
    EXPECT_EQ(reason_with(name, ""), "invalid_dpop_proof") << name;
  }
  EXPECT_EQ(reason_with("iat", "1800000000"), "invalid_dpop_proof");
  EXPECT_EQ(reason_with("iat", 1.8e9 + 0.5), "invalid_dpop_proof");
  EXPECT_EQ(reason_with("iat", -1), "invalid_dpop_proof");
  EXPECT_EQ(reason_with("jti", std::string(129, 'j')), "invalid_dpop_proof");
  EXPECT_EQ(reason_with("jti", std::string("a\0b", 3)), "invalid_dpop_proof");
  EXPECT_EQ(reason_with("jti", "a\nb"), "invalid_dpop_proof");
  EXPECT_EQ(reason_with("nonce", nullptr), "use_dpop_nonce");
  EXPECT_EQ(reason_with("nonce", "guess"), "use_dpop_nonce");
  EXPECT_EQ(reason_with("nonce", 7), "use_dpop_nonce");
}

TEST_F(Dpop, AStaleOrFutureProofIsRefused) {
  for (const auto& [issued_at, expected_reason] : {std::pair{kNow, "accepted"},
                                                   {kNow - 60s, "accepted"},
                                                   {kNow + 60s, "accepted"},
                                                   {kNow - 61s, "invalid_dpop_proof"},
                                                   {kNow + 61s, "invalid_dpop_proof"},
                                                   {Instant(0), "invalid_dpop_proof"}})
    EXPECT_EQ(reason(make_dpop_proof(key, request, issued_at), expected()), expected_reason)
        << (issued_at - kNow).count();
}

TEST_F(Dpop, TheRefusalTellsHowWrongTheClockIs) {
  const auto late = verify_dpop_proof(make_dpop_proof(key, request, kNow - 300s), expected(), kNow);
  ASSERT_FALSE(late);
  EXPECT_NE(late.error().message.find("300 seconds ago"), std::string::npos);
}

TEST_F(Dpop, WithoutABodyAndAToken) {
  const DpopClaims get{.method = "GET", .url = "https://node.example/v1/media/1", .nonce = request.nonce};
  EXPECT_EQ(reason(make_dpop_proof(key, get, kNow), get), "accepted");
}

TEST_F(Dpop, BindsTheQueryAndWhatDescribesAnUploadWhenTheClientSaysSo) {
  request.extras = describe_extras({.query = "name=Mine&policy=open", .upload_length = "100"});
  const std::string proof = make_dpop_proof(key, request, kNow);
  const auto with = [&](const RequestExtras& extras) {
    DpopClaims claims = expected();
    claims.extras = describe_extras(extras);
    return reason(proof, claims);
  };
  EXPECT_EQ(with({.query = "name=Mine&policy=open", .upload_length = "100"}), "accepted");
  EXPECT_EQ(with({.query = "name=Mine&policy=code", .upload_length = "100"}), "invalid_dpop_proof");
  EXPECT_EQ(with({.query = "name=Mine&policy=open", .upload_length = "10"}), "invalid_dpop_proof");
  EXPECT_EQ(with({.query = "name=Mine&policy=open", .upload_offset = "100"}), "invalid_dpop_proof");
  EXPECT_EQ(with({}), "invalid_dpop_proof");
  EXPECT_EQ(reason_with("htx", ""), "invalid_dpop_proof");
  EXPECT_EQ(reason_with("htx", nullptr), "accepted");  // a client that does not bind them
}

TEST_F(Dpop, TellsWhichAddressAndBodyItWasMadeFor) {
  DpopClaims claims = expected();
  claims.url = "https://films.example/v1/keys/request";
  EXPECT_EQ(reason(make_dpop_proof(key, request, kNow), claims), "invalid_dpop_proof");
  claims.other_urls = {request.url};
  claims.body_digest.clear();
  claims.body_follows = true;
  const auto proof = verify_dpop_proof(make_dpop_proof(key, request, kNow), claims, nonces, kNow);
  ASSERT_TRUE(proof) << proof.error().message;
  EXPECT_EQ(proof->url, request.url);
  EXPECT_EQ(proof->body_digest, digest_of("{}"));
  request.body_digest.clear();
  EXPECT_EQ(reason(make_dpop_proof(key, request, kNow), claims), "invalid_dpop_proof");
}

TEST_F(Dpop, AnExpectedNonceMustBeEqual) {
  const std::string proof = make_dpop_proof(key, request, kNow);
  EXPECT_TRUE(verify_dpop_proof(proof, request, kNow));
  DpopClaims other = request;
  other.nonce = "other";
  EXPECT_EQ(verify_dpop_proof(proof, other, kNow).error().reason, "use_dpop_nonce");
}

TEST_F(Dpop, RefusesOtherKindsOfObjects) {
  const Json claims = {{"jti", "j"},
                       {"htm", request.method},
                       {"htu", request.url},
                       {"iat", kNow.unix_s()},
                       {"nonce", request.nonce},
                       {"htd", request.body_digest},
                       {"ath", digest_of("token")}};
  EXPECT_EQ(reason(sign_jws_with_jwk(key, kDpopTyp, claims).value(), expected()), "accepted");
  EXPECT_EQ(reason(sign_jws_with_jwk(key, "jwt", claims).value(), expected()), "invalid_dpop_proof");
  EXPECT_EQ(reason(sign_jws(key, kDpopTyp, claims).value(), expected()), "invalid_dpop_proof");
  EXPECT_EQ(reason("", expected()), "invalid_dpop_proof");
  EXPECT_EQ(reason(std::string(9000, 'a'), expected()), "invalid_dpop_proof");
  EXPECT_EQ(verify_dpop_proof("x", expected(), kNow).error().code, ErrorCode::Unauthenticated);
}

TEST_F(Dpop, AddressesAreComparedInTheirNormalForm) {
  for (const char* same : {"HTTPS://NODE.example:443/v1/keys/request", "https://node.example/v1/%6Beys/request",
                           "https://node.example/v1/keys/request?x=1", "https://node.example/v1/keys/request#x"})
    EXPECT_EQ(reason_with("htu", same), "accepted") << same;
}

TEST(DpopNonces, LastTwoToThreeMinutesAndOnlyHere) {
  const SecretKey secret = random_key();
  const DpopNonces one(secret);
  const DpopNonces another_node(secret);
  const std::string nonce = one.current(kNow);  // kNow begins a slice
  EXPECT_TRUE(another_node.accepts(nonce, kNow));
  EXPECT_TRUE(another_node.accepts(nonce, kNow + 179s));
  EXPECT_FALSE(another_node.accepts(nonce, kNow + 180s));
  EXPECT_FALSE(another_node.accepts(nonce, kNow - 1s));
  EXPECT_FALSE(DpopNonces(random_key()).accepts(nonce, kNow));
  EXPECT_FALSE(one.accepts("", kNow));
  EXPECT_FALSE(one.accepts(nonce + "A", kNow));
}

TEST(NormaliseHtu, HasOneFormPerAddress) {
  const auto normal = [](std::string_view url) { return normalise_htu(url).value_or("refused"); };
  EXPECT_EQ(normal("https://Node.Example:443/A/b?q=1#f"), "https://node.example/A/b");
  EXPECT_EQ(normal("HTTP://127.0.0.1:80"), "http://127.0.0.1/");
  EXPECT_EQ(normal("http://localhost:8080/"), "http://localhost:8080/");
  EXPECT_EQ(normal("http://localhost:443/"), "http://localhost:443/");
  EXPECT_EQ(normal("http://localhost:/x"), "http://localhost/x");
  EXPECT_EQ(normal("http://[::1]:80/x"), "http://[::1]/x");
  EXPECT_EQ(normal("http://[FE80::1]:81/x"), "http://[fe80::1]:81/x");
  EXPECT_EQ(normal("http://h/%7euser/%2f%c3%a9"), "http://h/~user/%2F%C3%A9");
  EXPECT_EQ(normal("http://h?x"), "http://h/");
  for (const char* bad :
       {"", "h/x", "//h/x", "ftp://h/x", "http://", "http:///x", "http://:80/", "http://user@h/", "http://h:99999x/",
        "http://h:080/", "http://h:-1/", "http://h/%", "http://h/%2", "http://h/%zz", "http://h/a b",
        "http://h/\xc3\xa9", "http://h\\@evil/", "http://h/\n", "http://[::1/x"})
    EXPECT_EQ(normal(bad), "refused") << bad;
  EXPECT_EQ(normal("http://h/" + std::string(3000, 'a')), "refused");
}

TEST(NormaliseHtu, IsItsOwnNormalForm) {
  for (const char* url : {"https://a.b/%2F~", "http://[::1]:81/", "http://h/x/../y"}) {
    const std::string once = normalise_htu(url).value();
    EXPECT_EQ(normalise_htu(once).value(), once);
  }
}

}  // namespace
}  // namespace swarma::crypto
