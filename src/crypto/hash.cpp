#include "crypto/hash.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <cstdlib>

namespace swarma::crypto {
namespace {

/// These calls fail only without memory or without OpenSSL's default provider: neither leaves anything to do.
void require(bool ok) {
  if (!ok) std::abort();
}

/// Fetching by name takes locks and string lookups: once per process. Never freed, so that it outlives every thread.
const EVP_MD* sha256_algorithm() {
  static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  require(fetched != nullptr);
  return fetched;
}

struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeDigest>;

struct FreeMac {
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using MacContext = std::unique_ptr<EVP_MAC_CTX, FreeMac>;

DigestContext new_digest() {
  DigestContext context(EVP_MD_CTX_new());
  require(context != nullptr);
  return context;
}

MacContext new_hmac() {
  static EVP_MAC* const fetched = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  require(fetched != nullptr);
  MacContext context(EVP_MAC_CTX_new(fetched));
  require(context != nullptr);
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                   OSSL_PARAM_construct_end()};
  require(EVP_MAC_CTX_set_params(context.get(), parameters) == 1);
  return context;
}

void begin(EVP_MD_CTX* context) { require(EVP_DigestInit_ex2(context, sha256_algorithm(), nullptr) == 1); }

void add(EVP_MD_CTX* context, ByteView bytes) {
  require(EVP_DigestUpdate(context, bytes.data(), bytes.size()) == 1);
}

Digest end(EVP_MD_CTX* context) {
  Digest out;
  require(EVP_DigestFinal_ex(context, out.data(), nullptr) == 1);
  return out;
}

}  // namespace

Digest sha256(ByteView bytes) {
  thread_local const DigestContext context = new_digest();
  begin(context.get());
  add(context.get(), bytes);
  return end(context.get());
}

struct Sha256::State {
  DigestContext context = new_digest();
};

Sha256::Sha256() : state_(std::make_unique<State>()) { begin(state_->context.get()); }
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(ByteView bytes) { add(state_->context.get(), bytes); }

Digest Sha256::finish() {
  const Digest out = end(state_->context.get());
  begin(state_->context.get());
  return out;
}

Digest hmac_sha256(ByteView key, ByteView message) {
  thread_local const MacContext context = new_hmac();
  // A null key would mean "the previous key": an empty one needs an address too.
  static constexpr std::uint8_t nothing = 0;
  Digest out;
  std::size_t length = 0;
  require(EVP_MAC_init(context.get(), key.empty() ? &nothing : key.data(), key.size(), nullptr) == 1 &&
          EVP_MAC_update(context.get(), message.data(), message.size()) == 1 &&
          EVP_MAC_final(context.get(), out.data(), &length, out.size()) == 1 && length == out.size());
  return out;
}

SecretKey hkdf_sha256(const SecretKey& key, std::string_view info) {
  // RFC 5869: extract with an empty salt (as HMAC key: 32 zero bytes), then the first block of expand.
  static constexpr Digest no_salt{};
  Digest extracted = hmac_sha256(no_salt, key.expose());
  Bytes block = to_bytes(info);
  block.push_back(1);
  Digest expanded = hmac_sha256(extracted, block);
  const SecretKey out(expanded);
  wipe(extracted);
  wipe(expanded);
  return out;
}

}  // namespace swarma::crypto
