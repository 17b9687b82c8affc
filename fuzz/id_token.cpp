// ID tokens: none is accepted that nobody signed, whatever its bytes and the keys beside them.
#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "access/attest/id_token.h"
#include "base/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace swarma;
  using namespace swarma::access::attest;
  const std::string_view text = as_text({data, size});
  const std::size_t half = std::min(text.find('\n'), size);
  const auto jwks = parse_json(text.substr(half));
  for (const auto algorithm : {crypto::WebAlgorithm::Rs256, crypto::WebAlgorithm::Es256}) {
    static const Json own =
        Json::parse(R"({"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})");
    const ExpectedIdToken expected{"https://a.example", "films", "nonce", "token", algorithm, Instant(1'800'000'000)};
    if (check_id_token(text.substr(0, half), read_provider_keys(own, algorithm), expected)) std::abort();
    if (jwks) (void)check_id_token(text.substr(0, half), read_provider_keys(*jwks, algorithm), expected);
  }
  return 0;
}
