#include "crypto/web_key.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace swarma::crypto {
namespace {

struct Example {
  Json jwk;
  std::string jws;
};

// RFC 7515, appendix A.2.
Example rsa_example() {
  return {{{"kty", "RSA"},
           {"e", "AQAB"},
           {"n",
            "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-"
            "yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-"
            "KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_"
            "h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"}},
          "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290I"
          "jp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujG"
          "bds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_e"
          "SN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIh"
          "WkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"};
}

// RFC 7515, appendix A.3.
Example p256_example() {
  return {{{"kty", "EC"},
           {"crv", "P-256"},
           {"x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"},
           {"y", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}},
          "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290I"
          "jp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"};
}

bool fits(const Example& example, WebAlgorithm algorithm, std::size_t flipped_byte = SIZE_MAX) {
  const std::size_t dot = example.jws.rfind('.');
  Bytes signature = parse_base64url(std::string_view(example.jws).substr(dot + 1)).value();
  if (flipped_byte < signature.size()) signature[flipped_byte] ^= 1;
  return WebKey::from_jwk(example.jwk)
      .value()
      .verify(algorithm, view(std::string_view(example.jws).substr(0, dot)), signature);
}

std::string reason_of(Json jwk, const Json& changes) {
  jwk.update(changes);
  const auto key = WebKey::from_jwk(jwk);
  return key ? "accepted" : key.error().reason;
}

TEST(WebKey, VerifiesTheExamplesOfTheStandard) {
  EXPECT_TRUE(fits(rsa_example(), *find_web_algorithm("RS256")));
  EXPECT_TRUE(fits(p256_example(), *find_web_algorithm("ES256")));
  EXPECT_FALSE(find_web_algorithm("none"));
  EXPECT_FALSE(find_web_algorithm("HS256"));
}

TEST(WebKey, RefusesAnyChangedByteAndTheOtherAlgorithm) {
  for (std::size_t i = 0; i < 256; i += 5) EXPECT_FALSE(fits(rsa_example(), WebAlgorithm::Rs256, i)) << i;
  for (std::size_t i = 0; i < 64; ++i) EXPECT_FALSE(fits(p256_example(), WebAlgorithm::Es256, i)) << i;
  EXPECT_FALSE(fits(rsa_example(), WebAlgorithm::Es256));
  EXPECT_FALSE(fits(p256_example(), WebAlgorithm::Rs256));
  const WebKey key = WebKey::from_jwk(p256_example().jwk).value();
  for (const std::size_t size : {0, 63, 65, 70})
    EXPECT_FALSE(key.verify(WebAlgorithm::Es256, view("message"), Bytes(size, 1)));
  EXPECT_FALSE(key.verify(WebAlgorithm::Es256, view("message"), Bytes(64, 0)));
}

TEST(WebKey, RefusesKeysThatAreNone) {
  const Json rsa = rsa_example().jwk, p256 = p256_example().jwk;
  EXPECT_EQ(reason_of(rsa, Json::object()), "accepted");
  EXPECT_EQ(reason_of(rsa, {{"n", to_base64url(Bytes(128, 0xff))}}), "bad_jwk");  // 1,024 bits
  EXPECT_EQ(reason_of(rsa, {{"n", to_base64url(Bytes(1025, 0xff))}}), "bad_jwk");
  for (const char* exponent : {"AQ", "Ag", "AAEAAQ", "AQAAAAE"})
    EXPECT_EQ(reason_of(rsa, {{"e", exponent}}), "bad_jwk");
  EXPECT_EQ(reason_of(rsa, {{"d", "AQAB"}}), "bad_jwk");
  EXPECT_EQ(reason_of(rsa, {{"kty", "oct"}}), "bad_jwk");
  EXPECT_EQ(reason_of(p256, {{"x", p256["y"]}}), "bad_jwk");  // not on the curve
  EXPECT_EQ(reason_of(p256, {{"x", to_base64url(Bytes(32, 0))}}), "bad_jwk");
  EXPECT_EQ(reason_of(p256, {{"crv", "P-384"}}), "bad_jwk");
  EXPECT_EQ(reason_of(p256, {{"y", "x_FE"}}), "bad_jwk");
  EXPECT_FALSE(WebKey::from_jwk(Json::array()));
}

}  // namespace
}  // namespace swarma::crypto
