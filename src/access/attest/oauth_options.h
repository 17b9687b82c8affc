// Which platforms viewers may sign in to (OAuth 2.1, OpenID Connect), and how their answers prove a like. Each is a
// JSON file that the operator names by --oauth:
//
//   {"network": "videos", "issuer": "https://accounts.example.org", "client_id": "…", "client_secret_file": "secret",
//    "algorithm": "RS256", "scope": "openid likes",
//    "checks": {"like": {"url": "https://api.example.org/likes?of={target}", "at": "/liked", "equals": true}}}
//
// "network" is what terms call it. "checks" names the address that is asked with the viewer's access token, and what
// its JSON answer must hold where (RFC 6901); without one for an action, terms that ask for that action cannot be met.
// The secret's file is found beside this one; without it the node is a public client.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/options.h"
#include "crypto/web_key.h"

namespace swarma::access::attest {

/// The target that asks for an account and nothing more: signing in is enough.
inline constexpr std::string_view kAnyAccount = "account";

struct OauthOptions {
  std::vector<std::string> files;
};
void describe(OptionSet& set, OauthOptions& options);

/// How a platform is asked whether somebody did something.
struct OauthCheck {
  std::string url;     // with {target}
  std::string at;      // JSON pointer
  std::string equals;  // JSON text
};

struct OauthAdapter {
  std::string network;  // a short name
  std::string issuer;   // https, or http of this machine; never with a slash at its end that is not the provider's own
  std::string client_id;
  std::string client_secret;  // empty: a public client
  crypto::WebAlgorithm algorithm = crypto::WebAlgorithm::Rs256;
  std::string scope = "openid";
  std::map<std::string, OauthCheck> checks;  // by action
};

/// BadRequest "oauth_config_bad" with a sentence for the operator.
Result<std::vector<OauthAdapter>> read_oauth_adapters(const OauthOptions& options);

}  // namespace swarma::access::attest
