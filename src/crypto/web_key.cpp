#include "crypto/web_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

namespace swarma::crypto {
namespace {

constexpr std::size_t kMinModulusBytes = 256, kMaxModulusBytes = 1024;
constexpr std::size_t kCoordinateBytes = 32;  // of P-256

template <auto Function>
struct Free {
  void operator()(auto* object) const { Function(object); }
};
using PublicKeyHandle = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, Free<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Free<OSSL_PARAM_free>>;
using BigNumber = std::unique_ptr<BIGNUM, Free<BN_free>>;
using EcSignature = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;

std::unexpected<Error> bad_jwk(std::string message) {
  return fail(ErrorCode::BadRequest, "bad_jwk", std::move(message));
}

Result<Bytes> read_number(const JsonReader& reader, const char* name) {
  SWARMA_TRY(const std::string text, reader.text(name, 2 * kMaxModulusBytes));
  auto bytes = parse_base64url(text);
  if (!bytes) return bad_jwk(std::string("The member \"") + name + "\" of a key is not canonical base64url.");
  return bytes;
}

BigNumber number(ByteView bytes) {
  return BigNumber(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
}

PublicKeyHandle make_key(const char* type, OSSL_PARAM_BLD* builder) {
  const Params params(OSSL_PARAM_BLD_to_param(builder));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* made = nullptr;
  if (params == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, params.get()) != 1)
    return nullptr;
  PublicKeyHandle key(made);
  const KeyContext check(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  if (check == nullptr || EVP_PKEY_public_check(check.get()) != 1) return nullptr;
  return key;
}

Result<PublicKeyHandle> read_rsa(const JsonReader& reader) {
  SWARMA_TRY(const Bytes modulus, read_number(reader, "n"));
  SWARMA_TRY(const Bytes exponent, read_number(reader, "e"));
  if (modulus.size() < kMinModulusBytes || modulus.size() > kMaxModulusBytes || modulus.front() == 0)
    return bad_jwk("An RSA key must have 2,048 to 8,192 bits.");
  if (exponent.empty() || exponent.size() > 4 || exponent.front() == 0 || exponent == Bytes{1} ||
      exponent.back() % 2 == 0)
    return bad_jwk("The exponent of an RSA key must be odd, 3 or more, and of 32 bits at the most.");
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  const BigNumber n = number(modulus), e = number(exponent);
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  PublicKeyHandle key = make_key("RSA", builder.get());
  if (key == nullptr) return bad_jwk("This is no RSA key.");
  return key;
}

Result<PublicKeyHandle> read_p256(const JsonReader& reader) {
  SWARMA_TRY(const std::string curve, reader.text("crv", 16));
  if (curve != "P-256") return bad_jwk("Of the elliptic curves only P-256 is known here.");
  Bytes point = {4};  // uncompressed (SEC 1, 2.3.3)
  for (const char* name : {"x", "y"}) {
    SWARMA_TRY(const Bytes coordinate, read_number(reader, name));
    if (coordinate.size() != kCoordinateBytes) return bad_jwk("A coordinate on P-256 has 32 bytes.");
    point.insert(point.end(), coordinate.begin(), coordinate.end());
  }
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  PublicKeyHandle key = make_key("EC", builder.get());
  if (key == nullptr) return bad_jwk("This is no point of P-256.");
  return key;
}

/// r ‖ s as OpenSSL wants it; empty if it is no signature.
Bytes to_der(ByteView signature) {
  if (signature.size() != 2 * kCoordinateBytes) return {};
  const EcSignature pair(ECDSA_SIG_new());
  BigNumber r = number(signature.first(kCoordinateBytes)), s = number(signature.subspan(kCoordinateBytes));
  if (pair == nullptr || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return {};
  std::ignore = r.release();  // the pair's now
  std::ignore = s.release();
  Bytes der(static_cast<std::size_t>(std::max(i2d_ECDSA_SIG(pair.get(), nullptr), 0)));
  unsigned char* out = der.data();
  i2d_ECDSA_SIG(pair.get(), &out);
  return der;
}

}  // namespace

struct WebKey::Key {
  PublicKeyHandle handle;
};

std::optional<WebAlgorithm> find_web_algorithm(std::string_view name) {
  if (name == "RS256") return WebAlgorithm::Rs256;
  if (name == "ES256") return WebAlgorithm::Es256;
  return std::nullopt;
}

Result<WebKey> WebKey::from_jwk(const Json& jwk) {
  const JsonReader reader(jwk, "key");
  SWARMA_TRY(const std::string kind, reader.text("kty", 16));
  if (reader.has("d")) return bad_jwk("This key holds its private part, which is nobody else's.");
  if (kind == "RSA") {
    SWARMA_TRY(PublicKeyHandle key, read_rsa(reader));
    return WebKey(std::make_shared<const Key>(std::move(key)), WebAlgorithm::Rs256);
  }
  if (kind == "EC") {
    SWARMA_TRY(PublicKeyHandle key, read_p256(reader));
    return WebKey(std::make_shared<const Key>(std::move(key)), WebAlgorithm::Es256);
  }
  return bad_jwk("A key must be of the kind RSA or EC.");
}

bool WebKey::verify(WebAlgorithm algorithm, ByteView message, ByteView signature) const {
  if (algorithm != algorithm_) return false;
  const Bytes bytes = algorithm == WebAlgorithm::Es256 ? to_der(signature) : Bytes(signature.begin(), signature.end());
  const DigestContext context(EVP_MD_CTX_new());
  return !bytes.empty() && context != nullptr &&
         EVP_DigestVerifyInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, key_->handle.get(), nullptr) ==
             1 &&
         EVP_DigestVerify(context.get(), bytes.data(), bytes.size(), message.data(), message.size()) == 1;
}

}  // namespace swarma::crypto
