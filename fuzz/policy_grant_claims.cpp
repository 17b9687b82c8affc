// The claims of a grant: any JSON that its agent might sign. What is read can be written and read again, the same.
#include <array>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "access/policy/grant_claims.h"
#include "crypto/jws.h"

using namespace swarma;
using namespace swarma::access::policy;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const crypto::SigningKey agent{crypto::SecretKey(std::array<std::uint8_t, 32>{1})};
  static const crypto::DecryptionKey viewer{crypto::SecretKey(std::array<std::uint8_t, 32>{2})};
  const auto json = parse_json(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!json || !json->is_object()) return 0;
  const auto jws = crypto::sign_jws(agent, crypto::kGrantTyp, *json);
  if (!jws) return 0;
  const auto claims = verify_grant(*jws, agent.did());
  if (!claims) {
    if (claims.error().reason != "grant_forged") std::abort();
    return 0;
  }
  const auto again = verify_grant(sign_grant(*claims, agent).value(), agent.did());
  if (!again || again->keys != claims->keys || again->slots != claims->slots || again->grant_id != claims->grant_id)
    std::abort();
  static_cast<void>(open_covers(*claims, viewer));

  // The same text as the content of a JWE to the viewer.
  GrantClaims sealed = *claims;
  sealed.keys = crypto::encrypt_jwe(viewer.encryption_key(), kGrantKeysTyp, {data, size});
  static_cast<void>(open_covers(sealed, viewer));
  return 0;
}
