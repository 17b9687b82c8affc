// The address others reach a node by, as its operator writes it.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace swarma::net {

struct PublicUrl {
  std::string url;      // "https://films.example.org[:port]": nothing behind it, no slash
  std::string host;     // without port and brackets
  bool secure = false;  // https
};

/// Reads scheme://host[:port], with or without a slash behind it, and writes it as browsers do: in lower case,
/// addresses in their shortest form, the scheme's own port left out. BadRequest "bad_public_url" with a sentence for
/// everything else: another scheme, a user, a path, a query, a fragment, an address nobody can be reached by, a name
/// beyond ASCII (it is written in its xn-- form).
Result<PublicUrl> parse_public_url(std::string_view text);

/// The usual form of a numeric address ("::1", "127.0.0.1"), or empty if the text is none. Brackets are left out.
std::string canonical_address(std::string_view text);

}  // namespace swarma::net
