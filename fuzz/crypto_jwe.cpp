// A JWE from a stranger: as text; as another header on a good one, which must never open; as plaintext, which must come
// back.
#include <algorithm>
#include <cstdlib>

#include "crypto/jws.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace swarma;
  using namespace swarma::crypto;
  static const DecryptionKey key = DecryptionKey::generate();
  static const std::string good = encrypt_jwe(key.encryption_key(), "swarma-sealed+jwe", view("text"));
  static const std::size_t header_end = good.find('.');
  const ByteView input(data, size);
  (void)decrypt_jwe(key, as_text(input));

  const std::string other_header = to_base64url(input);
  if (other_header != good.substr(0, header_end) && decrypt_jwe(key, other_header + good.substr(header_end)))
    std::abort();

  const auto opened = decrypt_jwe(key, encrypt_jwe(key.encryption_key(), "swarma-sealed+jwe", input));
  if (!opened || !std::ranges::equal(*opened, input)) std::abort();
  return 0;
}
