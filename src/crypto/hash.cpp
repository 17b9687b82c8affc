#include "crypto/hash.h"

#include <openssl/evp.h>

#include <algorithm>
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

DigestContext new_digest() {
  DigestContext context(EVP_MD_CTX_new());
  require(context != nullptr);
  return context;
}

void begin(EVP_MD_CTX* context) {
  require(EVP_DigestInit_ex2(context, sha256_algorithm(), nullptr) == 1);
}

void add(EVP_MD_CTX* context, ByteView bytes) {
  require(EVP_DigestUpdate(context, bytes.data(), bytes.size()) == 1);
}

Digest end(EVP_MD_CTX* context) {
  Digest out;
  require(EVP_DigestFinal_ex(context, out.data(), nullptr) == 1);
  return out;
}

EVP_MD_CTX* thread_context() {
  thread_local const DigestContext context = new_digest();
  return context.get();
}

constexpr std::size_t kBlockBytes = 64;  // of SHA-256

/// The key as HMAC uses it: zero-padded to a block, xored with a repeated byte.
using PaddedKey = Secret<kBlockBytes>;

PaddedKey pad(ByteView key, std::uint8_t with) {
  PaddedKey padded;
  const auto block = padded.expose_mutable();
  std::copy(key.begin(), key.end(), block.begin());
  for (std::uint8_t& byte : block) byte ^= with;
  return padded;
}

}  // namespace

Digest sha256(ByteView bytes) {
  EVP_MD_CTX* const context = thread_context();
  begin(context);
  add(context, bytes);
  return end(context);
}

struct Sha256::State {
  DigestContext context = new_digest();
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  begin(state_->context.get());
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(ByteView bytes) {
  add(state_->context.get(), bytes);
}

Digest Sha256::finish() {
  const Digest out = end(state_->context.get());
  begin(state_->context.get());
  return out;
}

// RFC 2104 on the digest context of the thread: half the time of EVP_MAC, which the walks of the key tree feel.
Digest hmac_sha256(ByteView key, ByteView message) {
  if (key.size() > kBlockBytes) return hmac_sha256(sha256(key), message);
  EVP_MD_CTX* const context = thread_context();
  begin(context);
  add(context, pad(key, 0x36).expose());
  add(context, message);
  const Digest inner = end(context);
  begin(context);
  add(context, pad(key, 0x5c).expose());
  add(context, inner);
  return end(context);
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
