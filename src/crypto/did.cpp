// did:key texts, JWKs and thumbprints of public keys.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "crypto/hash.h"
#include "crypto/keys.h"

namespace swarma::crypto {
namespace {

constexpr std::string_view kBase58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::string_view kDidPrefix = "did:key:z";  // z: base58btc, the one spelling we accept
constexpr std::uint8_t kEd25519Codec = 0xed;          // multicodec ed25519-pub, as varint ed 01
constexpr std::uint8_t kX25519Codec = 0xec;           // multicodec x25519-pub, as varint ec 01
constexpr std::uint8_t kVarintEnd = 0x01;
constexpr std::size_t kBase58Characters = 47;  // of every 34-byte string that begins with ec or ed

// Base58 treats the 34 bytes as one number. It is held as nine 32-bit limbs, least significant first, and moved five
// base58 digits at a time (58^5 < 2^32).
using Limbs = std::array<std::uint32_t, 9>;
constexpr std::uint64_t kFiveDigits = 58ull * 58 * 58 * 58 * 58;

using Prefixed = std::array<std::uint8_t, 34>;  // two bytes of multicodec, then the key

std::string to_base58(const Prefixed& bytes) {
  Limbs limbs{};
  for (std::size_t i = 0; i < bytes.size(); ++i)  // i counts from the last byte
    limbs[i / 4] |= std::uint32_t{bytes[bytes.size() - 1 - i]} << (8 * (i % 4));
  std::string reversed;
  while (reversed.size() < kBase58Characters) {
    std::uint64_t remainder = 0;
    for (auto limb = limbs.rbegin(); limb != limbs.rend(); ++limb) {
      const std::uint64_t value = (remainder << 32) | *limb;
      *limb = static_cast<std::uint32_t>(value / kFiveDigits);
      remainder = value % kFiveDigits;
    }
    for (int i = 0; i < 5; ++i, remainder /= 58) reversed.push_back(kBase58[remainder % 58]);
  }
  reversed.resize(kBase58Characters);  // the last group has two digits: 47 = 9 · 5 + 2
  return {reversed.rbegin(), reversed.rend()};
}

constexpr std::array<std::int8_t, 256> kBase58Values = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kBase58.size(); ++i)
    values[static_cast<unsigned char>(kBase58[i])] = static_cast<std::int8_t>(i);
  return values;
}();

/// 47 characters of base58 as a number below 2^272, or nothing.
std::optional<Prefixed> parse_base58(std::string_view text) {
  if (text.size() != kBase58Characters) return std::nullopt;
  Limbs limbs{};
  for (char c : text) {
    const int digit = kBase58Values[static_cast<unsigned char>(c)];
    if (digit < 0) return std::nullopt;
    auto carry = static_cast<std::uint64_t>(digit);
    for (std::uint32_t& limb : limbs) {
      carry += std::uint64_t{limb} * 58;
      limb = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
  }
  if (limbs.back() >> 16 != 0) return std::nullopt;  // 47 digits stay below 2^288, so nothing was carried out
  Prefixed bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[bytes.size() - 1 - i] = static_cast<std::uint8_t>(limbs[i / 4] >> (8 * (i % 4)));
  return bytes;
}

std::string did_text(std::uint8_t codec, const PublicKey& key) {
  Prefixed bytes{codec, kVarintEnd};
  std::copy(key.begin(), key.end(), bytes.begin() + 2);
  return std::string(kDidPrefix) + to_base58(bytes);
}

/// The key in `did:key:z…` of this kind, or nothing.
std::optional<PublicKey> key_in_did(std::string_view text, std::uint8_t codec) {
  if (!text.starts_with(kDidPrefix)) return std::nullopt;
  const auto bytes = parse_base58(text.substr(kDidPrefix.size()));
  if (!bytes || (*bytes)[0] != codec || (*bytes)[1] != kVarintEnd) return std::nullopt;
  PublicKey key;
  std::copy(bytes->begin() + 2, bytes->end(), key.begin());
  return key;
}

/// 2^255 - 19, little-endian.
constexpr PublicKey kFieldPrime = [] {
  PublicKey prime;
  prime.fill(0xff);
  prime.front() = 0xed;
  prime.back() = 0x7f;
  return prime;
}();

bool below_field_prime(const PublicKey& number) {
  return std::lexicographical_compare(number.rbegin(), number.rend(), kFieldPrime.rbegin(), kFieldPrime.rend());
}

PublicKey from_hex(std::string_view hex) {
  const Bytes bytes = parse_hex(hex).value();
  PublicKey key;
  std::copy_n(bytes.begin(), key.size(), key.begin());
  return key;
}

/// y coordinates of the points of order 1, 2, 4 and 8 of edwards25519.
bool is_small_order_y(const PublicKey& y) {
  static const std::array<PublicKey, 5> small_order = {
      from_hex("0000000000000000000000000000000000000000000000000000000000000000"),
      from_hex("0100000000000000000000000000000000000000000000000000000000000000"),
      from_hex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
      from_hex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
      from_hex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")};
  return std::find(small_order.begin(), small_order.end(), y) != small_order.end();
}

/// u coordinates of the points of low order of curve25519 and of its twist.
bool is_low_order_u(const PublicKey& u) {
  static const std::array<PublicKey, 5> low_order = {
      from_hex("0000000000000000000000000000000000000000000000000000000000000000"),
      from_hex("0100000000000000000000000000000000000000000000000000000000000000"),
      from_hex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
      from_hex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
      from_hex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157")};
  return std::find(low_order.begin(), low_order.end(), u) != low_order.end();
}

std::unexpected<Error> bad_key(std::string message) {
  return fail(ErrorCode::BadRequest, "bad_public_key", std::move(message));
}

/// The `x` of {"kty":"OKP","crv":<curve>,"x":…} without a private part.
Result<PublicKey> key_in_jwk(const Json& jwk, std::string_view curve) {
  const auto is = [&](const char* name, std::string_view value) {
    const auto it = jwk.find(name);
    return it != jwk.end() && it->is_string() && it->get_ref<const std::string&>() == value;
  };
  if (!jwk.is_object() || !is("kty", "OKP") || !is("crv", curve))
    return bad_key("The JWK must be an OKP key on the curve " + std::string(curve) + ".");
  if (jwk.contains("d")) return bad_key("The JWK has a private part: send the public key only.");
  const auto x = jwk.find("x");
  if (x == jwk.end() || !x->is_string() || x->get_ref<const std::string&>().size() != 43)
    return bad_key("The JWK's \"x\" must be 32 bytes in base64url.");
  SWARMA_TRY(const Bytes bytes, parse_base64url(x->get_ref<const std::string&>()));
  return take_exactly<32>(bytes);
}

Json okp_jwk(std::string_view curve, const PublicKey& key) {
  return Json{{"crv", curve}, {"kty", "OKP"}, {"x", to_base64url(key)}};
}

}  // namespace

Result<Did> Did::parse(std::string_view text) {
  const auto key = key_in_did(text, kEd25519Codec);
  if (!key) return fail(ErrorCode::BadRequest, "bad_did", "An identity is written did:key:z6Mk… (an Ed25519 key).");
  return from_public_key(*key);
}

Result<Did> Did::from_public_key(const PublicKey& key) {
  PublicKey y = key;
  y.back() &= 0x7f;  // the top bit is the sign of x
  if (!below_field_prime(y)) return bad_key("This Ed25519 key is not written canonically.");
  if (is_small_order_y(y)) return bad_key("This Ed25519 key has a small order: anybody could sign for it.");
  return Did(key, did_text(kEd25519Codec, key));
}

Result<EncryptionKey> EncryptionKey::parse(std::string_view did) {
  const auto key = key_in_did(did, kX25519Codec);
  if (!key)
    return fail(ErrorCode::BadRequest, "bad_did", "An encryption key is written did:key:z6LS… (an X25519 key).");
  return from_public_key(*key);
}

Result<EncryptionKey> EncryptionKey::from_public_key(const PublicKey& key) {
  if (!below_field_prime(key)) return bad_key("This X25519 key is not written canonically.");
  if (is_low_order_u(key)) return bad_key("This X25519 key has a low order: anybody could read what it receives.");
  return EncryptionKey(key);
}

Result<EncryptionKey> EncryptionKey::from_jwk(const Json& jwk) {
  SWARMA_TRY(const PublicKey key, key_in_jwk(jwk, "X25519"));
  return from_public_key(key);
}

std::string EncryptionKey::did() const {
  return did_text(kX25519Codec, key_);
}

Json EncryptionKey::jwk() const {
  return okp_jwk("X25519", key_);
}

std::string thumbprint(const PublicKey& ed25519) {
  const std::string canonical = R"({"crv":"Ed25519","kty":"OKP","x":")" + to_base64url(ed25519) + R"("})";
  return to_base64url(sha256(view(canonical)));
}

Json ed25519_jwk(const PublicKey& key) {
  return okp_jwk("Ed25519", key);
}

Result<Did> did_from_jwk(const Json& jwk) {
  SWARMA_TRY(const PublicKey key, key_in_jwk(jwk, "Ed25519"));
  return Did::from_public_key(key);
}

}  // namespace swarma::crypto
