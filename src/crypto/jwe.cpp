// The encryption half of crypto/jws.h: ECDH-ES+A256KW over X25519, A256GCM.
#include <openssl/evp.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>

#include "base/random.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/jws.h"

namespace swarma::crypto {
namespace {

constexpr std::string_view kAlg = "ECDH-ES+A256KW";
constexpr std::string_view kEnc = "A256GCM";
constexpr std::size_t kMaxPartyInfo = 256;          // bytes of apu or apv
constexpr std::size_t kMaxHeaderCharacters = 4096;  // bounds the JSON parser
constexpr std::size_t kWrappedKeyBytes = 40;

std::unexpected<Error> bad_jwe(std::string message) {
  return fail(ErrorCode::BadRequest, "bad_jwe", std::move(message));
}

std::unexpected<Error> refused() {
  return fail(ErrorCode::Corrupt, "decryption_failed",
              "The sealed object could not be opened: it is for another key, or it was changed.");
}

void append_u32(Bytes& out, std::size_t value) {
  for (unsigned shift : {24u, 16u, 8u, 0u}) out.push_back(static_cast<std::uint8_t>(value >> shift));
}

void append_sized(Bytes& out, ByteView bytes) {
  append_u32(out, bytes.size());
  out.insert(out.end(), bytes.begin(), bytes.end());
}

/// Concat KDF of RFC 7518 §4.6.2 for a 256-bit key, which is one round of SHA-256.
SecretKey key_encryption_key(const SecretKey& agreed, ByteView party_u, ByteView party_v) {
  Bytes input;
  input.reserve(96 + party_u.size() + party_v.size());
  append_u32(input, 1);
  input.insert(input.end(), agreed.expose().begin(), agreed.expose().end());
  append_sized(input, view(kAlg));
  append_sized(input, party_u);
  append_sized(input, party_v);
  append_u32(input, 256);
  Digest derived = sha256(input);
  const SecretKey key(derived);
  wipe(derived);
  wipe(input);
  return key;
}

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

/// AES-256 key wrap (RFC 3394). False when the wrapped key was not made with this key.
bool run_key_wrap(const SecretKey& key, ByteView in, std::span<std::uint8_t> out, bool wrapping) {
  static const EVP_CIPHER* const algorithm = EVP_CIPHER_fetch(nullptr, "AES-256-WRAP", nullptr);
  thread_local const std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> context(EVP_CIPHER_CTX_new());
  if (algorithm == nullptr || context == nullptr) std::abort();
  EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  if (EVP_CipherInit_ex2(context.get(), algorithm, key.expose().data(), nullptr, wrapping ? 1 : 0, nullptr) != 1)
    std::abort();
  int length = 0;
  return EVP_CipherUpdate(context.get(), out.data(), &length, in.data(), static_cast<int>(in.size())) == 1 &&
         length == static_cast<int>(out.size());
}

struct Parts {
  std::string_view header, encrypted_key, nonce, ciphertext, tag;
};

Result<Parts> split(std::string_view jwe, std::size_t max_bytes) {
  if (jwe.size() > max_bytes)
    return fail(ErrorCode::TooLarge, "jwe_too_large",
                "A sealed object is larger than " + std::to_string(max_bytes) + " bytes.");
  std::array<std::string_view, 5> parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t dot = jwe.find('.');
    const bool last = i + 1 == parts.size();
    if (last != (dot == jwe.npos)) return bad_jwe("A sealed object must have five parts.");
    parts[i] = jwe.substr(0, dot);
    if (!last) jwe.remove_prefix(dot + 1);
  }
  return Parts{parts[0], parts[1], parts[2], parts[3], parts[4]};
}

template <std::size_t N>
Result<std::array<std::uint8_t, N>> decode_exactly(std::string_view part) {
  const auto bytes = parse_base64url(part);
  if (!bytes || bytes->size() != N)
    return bad_jwe("A part of the sealed object is not canonical base64url or has the wrong length.");
  return take_exactly<N>(*bytes);
}

struct Header {
  EncryptionKey ephemeral;
  Bytes party_u;
  Bytes party_v;
};

Result<Bytes> party_info(const JsonReader& header, const char* name) {
  SWARMA_TRY(const std::string text, header.text_or(name, kMaxPartyInfo * 4 / 3, ""));
  return parse_base64url(text);
}

Result<Header> decode_header(std::string_view part) {
  if (part.size() > kMaxHeaderCharacters) return bad_jwe("The header of the sealed object is too large.");
  const auto bytes = parse_base64url(part);
  if (!bytes) return bad_jwe("The header of the sealed object is not canonical base64url.");
  const auto json = parse_json(as_text(*bytes));
  if (!json || !json->is_object()) return bad_jwe("The header of the sealed object is not a valid JSON object.");
  const JsonReader header(*json, "sealed object's header");
  SWARMA_TRY(const std::string alg, header.text("alg", 64));
  SWARMA_TRY(const std::string enc, header.text("enc", 64));
  if (alg != kAlg || enc != kEnc) return bad_jwe("A sealed object must use ECDH-ES+A256KW and A256GCM.");
  if (header.has("crit") || header.has("zip"))
    return bad_jwe("The sealed object uses an extension that we do not know.");
  SWARMA_TRY(const Json* epk, header.object("epk"));
  SWARMA_TRY(const EncryptionKey ephemeral, EncryptionKey::from_jwk(*epk));
  SWARMA_TRY(Bytes party_u, party_info(header, "apu"));
  SWARMA_TRY(Bytes party_v, party_info(header, "apv"));
  return Header{ephemeral, std::move(party_u), std::move(party_v)};
}

std::string encrypt_with(const DecryptionKey& ephemeral, const EncryptionKey& recipient, std::string_view typ,
                         ByteView plaintext) {
  const auto agreed = ephemeral.agree(recipient);
  if (!agreed) std::abort();  // an EncryptionKey is never of low order
  const SecretKey content_key = random_key();
  std::array<std::uint8_t, kWrappedKeyBytes> wrapped;
  if (!run_key_wrap(key_encryption_key(*agreed, {}, {}), content_key.expose(), wrapped, true)) std::abort();

  // Canonical order; base64url and our own type names need no escapes.
  const std::string header = R"({"alg":"ECDH-ES+A256KW","enc":"A256GCM","epk":{"crv":"X25519","kty":"OKP","x":")" +
                             to_base64url(ephemeral.encryption_key().public_key()) + R"("},"typ":")" +
                             std::string(typ) + R"("})";
  std::string out = to_base64url(view(header));
  const auto nonce = random_array<12>();
  Bytes sealed;
  aead_seal(content_key, nonce, view(out), plaintext, sealed);
  const ByteView bytes = sealed;
  out.reserve(out.size() + sealed.size() * 4 / 3 + 128);
  for (const ByteView part : {ByteView(wrapped), ByteView(nonce), bytes.first(plaintext.size()), bytes.last(kTagBytes)})
    out.append(".").append(to_base64url(part));
  return out;
}

}  // namespace

std::string encrypt_jwe(const EncryptionKey& recipient, std::string_view typ, ByteView plaintext) {
  return encrypt_with(DecryptionKey::generate(), recipient, typ, plaintext);
}

struct JweSealer::Impl {
  using Clock = std::chrono::steady_clock;
  std::mutex mutex;
  std::shared_ptr<const DecryptionKey> ephemeral;
  Clock::time_point made;
  int uses = 0;

  std::shared_ptr<const DecryptionKey> take() {
    const std::lock_guard lock(mutex);
    const auto now = Clock::now();
    if (!ephemeral || uses == kSealsPerKey || now - made >= std::chrono::seconds(kSealerKeySeconds)) {
      ephemeral = std::make_shared<const DecryptionKey>(DecryptionKey::generate());
      made = now;
      uses = 0;
    }
    ++uses;
    return ephemeral;
  }
};

JweSealer::JweSealer() : impl_(new Impl) {}
JweSealer::~JweSealer() = default;

std::string JweSealer::encrypt(const EncryptionKey& recipient, std::string_view typ, ByteView plaintext) {
  return encrypt_with(*impl_->take(), recipient, typ, plaintext);
}

Result<Bytes> decrypt_jwe(const DecryptionKey& key, std::string_view jwe, std::size_t max_bytes) {
  SWARMA_TRY(const Parts parts, split(jwe, max_bytes));
  SWARMA_TRY(const Header header, decode_header(parts.header));
  SWARMA_TRY(const auto wrapped, decode_exactly<kWrappedKeyBytes>(parts.encrypted_key));
  SWARMA_TRY(const Nonce nonce, decode_exactly<12>(parts.nonce));
  SWARMA_TRY(const auto tag, decode_exactly<kTagBytes>(parts.tag));
  auto sealed = parse_base64url(parts.ciphertext);
  if (!sealed) return bad_jwe("The ciphertext of the sealed object is not canonical base64url.");
  sealed->insert(sealed->end(), tag.begin(), tag.end());

  SWARMA_TRY(const SecretKey agreed, key.agree(header.ephemeral));
  SecretKey content_key;
  if (!run_key_wrap(key_encryption_key(agreed, header.party_u, header.party_v), wrapped, content_key.expose_mutable(),
                    false))
    return refused();
  Bytes plaintext;
  if (!aead_open(content_key, nonce, view(parts.header), *sealed, plaintext)) return refused();
  return plaintext;
}

}  // namespace swarma::crypto
