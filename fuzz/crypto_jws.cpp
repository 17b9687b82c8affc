// A JWS from a stranger, first as text, then as "header\npayload" with a valid signature: the parsers behind it.
// A text that we did not sign is never accepted; a payload that we sign reads back the same.
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "crypto/jws.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace swarma;
  using namespace swarma::crypto;
  static const SigningKey key{SecretKey{}};
  const std::string_view text = as_text({data, size});
  (void)peek_jws(text);
  (void)verify_self_signed_jws(text, kDpopTyp);
  if (verify_jws(text, kGrantTyp, key.did())) std::abort();

  const std::size_t line = text.find('\n');
  if (line == text.npos) return 0;
  const std::string signed_text =
      to_base64url(view(text.substr(0, line))) + "." + to_base64url(view(text.substr(line + 1)));
  const std::string jws = signed_text + "." + to_base64url(key.sign(view(signed_text)));
  const auto payload = verify_jws(jws, kGrantTyp, key.did());
  if (!payload) return 0;
  const auto again = sign_jws(key, kGrantTyp, *payload);
  if (again &&
      canonical_json(verify_jws(*again, kGrantTyp, key.did()).value()).value() != canonical_json(*payload).value())
    std::abort();
  return 0;
}
