// Keys from a stranger, as did:key text, as JWK and as 32 bytes: every accepted key has one text, which gives the key
// back.
#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "crypto/keys.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace swarma;
  using namespace swarma::crypto;
  const std::string_view text = as_text({data, size});
  if (const auto did = Did::parse(text); did && Did::from_public_key(did->public_key())->text() != text) std::abort();
  if (const auto key = EncryptionKey::parse(text); key && key->did() != text) std::abort();
  if (const auto json = parse_json(text)) {
    if (const auto did = did_from_jwk(*json); did && !(did_from_jwk(ed25519_jwk(did->public_key())).value() == *did))
      std::abort();
    if (const auto key = EncryptionKey::from_jwk(*json); key && EncryptionKey::from_jwk(key->jwk()).value() != *key)
      std::abort();
  }
  if (size != 32) return 0;
  PublicKey bytes;
  std::copy_n(data, size, bytes.begin());
  if (const auto did = Did::from_public_key(bytes); did && Did::parse(did->text())->public_key() != bytes) std::abort();
  if (const auto key = EncryptionKey::from_public_key(bytes); key && EncryptionKey::parse(key->did()).value() != *key)
    std::abort();
  return 0;
}
