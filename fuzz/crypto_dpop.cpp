// DPoP claims from a stranger, validly signed, and addresses: an accepted proof says what was expected; a normalised
// address is its own normal form.
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "crypto/dpop.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace swarma;
  using namespace swarma::crypto;
  static const SigningKey key{SecretKey{}};
  static const DpopClaims expected{.method = "GET", .url = "https://node.example/x"};
  constexpr Instant now(1'800'000'000);
  const std::string_view text = as_text({data, size});
  (void)verify_dpop_proof(text, expected, now);

  if (const auto claims = parse_json(text); claims && claims->is_object()) {
    if (const auto jws = sign_jws_with_jwk(key, kDpopTyp, *claims); jws && verify_dpop_proof(*jws, expected, now))
      if ((*claims)["htm"] != "GET" ||
          std::chrono::abs(Instant((*claims)["iat"].get<std::int64_t>()) - now) > kDpopSkew)
        std::abort();
  }
  if (const auto url = normalise_htu(text); url && normalise_htu(*url) != *url) std::abort();
  return 0;
}
