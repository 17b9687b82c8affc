// What an OpenID provider says about who signed in (OpenID Connect Core 1.0, 3.1.3.7): read and checked. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "crypto/web_key.h"

namespace swarma::access::attest {

inline constexpr std::size_t kMaxIdTokenBytes = 16 * 1024;
inline constexpr std::chrono::seconds kTokenClockSkew{60};
inline constexpr std::chrono::minutes kMaxIdTokenAge{10};  // it comes straight from the provider

/// A key of the provider's list, with what the list says about it.
struct ProviderKey {
  std::string id;  // "kid"; empty: none
  crypto::WebKey key;
};
/// The keys of a JWK set that sign with this algorithm; others, and those that cannot be read, are left out.
std::vector<ProviderKey> read_provider_keys(const Json& jwks, crypto::WebAlgorithm algorithm);

struct ExpectedIdToken {
  std::string issuer;
  std::string client_id;
  std::string nonce;
  std::string access_token;  // that came along
  crypto::WebAlgorithm algorithm = crypto::WebAlgorithm::Rs256;
  Instant now;
};

/// The subject: who signed in, in the words of the provider. Forbidden "oauth_token_bad" with a sentence that names
/// what does not hold; NotFound "oauth_key_unknown" when none of the keys is the one that the token names.
Result<std::string> check_id_token(std::string_view token, const std::vector<ProviderKey>& keys,
                                   const ExpectedIdToken& expected);

}  // namespace swarma::access::attest
