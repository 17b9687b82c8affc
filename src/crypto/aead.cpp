#include "crypto/aead.h"

#include <openssl/evp.h>

#include <climits>
#include <cstdlib>
#include <memory>

#include "base/random.h"

namespace swarma::crypto {
namespace {

void require(bool ok) {
  if (!ok) std::abort();
}

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

/// One context per thread, bound to the algorithm once: setting a key on it neither fetches nor allocates.
EVP_CIPHER_CTX* gcm_context() {
  thread_local const std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> context = [] {
    static const EVP_CIPHER* const gcm = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> made(EVP_CIPHER_CTX_new());
    require(gcm != nullptr && made != nullptr &&
            EVP_CipherInit_ex2(made.get(), gcm, nullptr, nullptr, 1, nullptr) == 1);
    return made;
  }();
  return context.get();
}

constexpr int kOpen = 0;
constexpr int kSeal = 1;

/// Sets key and nonce, feeds the additional data and runs the cipher over `in`.
void run(EVP_CIPHER_CTX* context, int direction, const SecretKey& key, const Nonce& nonce, ByteView additional_data,
         ByteView in, std::uint8_t* out) {
  require(in.size() <= INT_MAX && additional_data.size() <= INT_MAX);
  int length = 0;
  require(EVP_CipherInit_ex2(context, nullptr, key.expose().data(), nonce.data(), direction, nullptr) == 1);
  if (!additional_data.empty())
    require(EVP_CipherUpdate(context, nullptr, &length, additional_data.data(),
                             static_cast<int>(additional_data.size())) == 1);
  if (!in.empty())
    require(EVP_CipherUpdate(context, out, &length, in.data(), static_cast<int>(in.size())) == 1 &&
            length == static_cast<int>(in.size()));
}

std::unexpected<Error> refused() {
  return fail(ErrorCode::Corrupt, "decryption_failed",
              "The data could not be decrypted: the key is another one, or the bytes were changed.");
}

}  // namespace

namespace {

/// `out` has room for plaintext and tag, and may be where the plaintext is.
void seal(const SecretKey& key, const Nonce& nonce, ByteView additional_data, ByteView plaintext, std::uint8_t* out) {
  EVP_CIPHER_CTX* const context = gcm_context();
  run(context, kSeal, key, nonce, additional_data, plaintext, out);
  std::uint8_t* const tag = out + plaintext.size();
  int length = 0;
  require(EVP_CipherFinal_ex(context, tag, &length) == 1 && length == 0);
  require(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTagBytes, tag) == 1);
}

}  // namespace

void aead_seal(const SecretKey& key, const Nonce& nonce, ByteView additional_data, ByteView plaintext, Bytes& out) {
  out.resize(plaintext.size() + kTagBytes);
  seal(key, nonce, additional_data, plaintext, out.data());
}

void aead_seal_in_place(const SecretKey& key, const Nonce& nonce, ByteView additional_data, Bytes& bytes) {
  const std::size_t size = bytes.size();
  bytes.resize(size + kTagBytes);
  seal(key, nonce, additional_data, ByteView(bytes).first(size), bytes.data());
}

Result<void> aead_open(const SecretKey& key, const Nonce& nonce, ByteView additional_data, ByteView sealed,
                       Bytes& out) {
  if (sealed.size() < kTagBytes || sealed.size() > INT_MAX) {
    out.clear();
    return refused();
  }
  EVP_CIPHER_CTX* const context = gcm_context();
  const ByteView ciphertext = sealed.first(sealed.size() - kTagBytes);
  std::array<std::uint8_t, kTagBytes> tag;
  std::copy_n(sealed.end() - kTagBytes, kTagBytes, tag.begin());
  out.resize(ciphertext.size());
  run(context, kOpen, key, nonce, additional_data, ciphertext, out.data());
  require(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kTagBytes, tag.data()) == 1);
  std::array<std::uint8_t, kTagBytes> rest;  // GCM has none, EVP wants a place for it
  int length = 0;
  if (EVP_CipherFinal_ex(context, rest.data(), &length) != 1) {
    wipe(out);  // what stands there is not authentic: nobody may act on it
    out.clear();
    return refused();
  }
  return {};
}

Bytes wrap(const SecretKey& key, std::string_view context, ByteView plaintext) {
  const auto nonce = random_array<12>();
  Bytes sealed;
  aead_seal(key, nonce, view(context), plaintext, sealed);
  sealed.insert(sealed.begin(), nonce.begin(), nonce.end());
  return sealed;
}

Result<Bytes> unwrap(const SecretKey& key, std::string_view context, ByteView wrapped) {
  Nonce nonce;
  if (wrapped.size() < nonce.size() + kTagBytes) return refused();
  std::copy_n(wrapped.begin(), nonce.size(), nonce.begin());
  Bytes plaintext;
  SWARMA_RETURN_IF_ERROR(aead_open(key, nonce, view(context), wrapped.subspan(nonce.size()), plaintext));
  return plaintext;
}

}  // namespace swarma::crypto
