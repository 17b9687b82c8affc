// Problem documents (RFC 9457) as a client reads them: what a server says of a refusal, in our terms.
#pragma once

#include <string_view>

#include "base/error.h"

namespace swarma::net {

/// `reason` is the last part of the document's "type", or "refused"; `message` its "detail", bounded and without
/// control characters, followed by what would help ("unmet"[].how), or a sentence with the status. Any body will do.
Error read_problem(int status, std::string_view body);

}  // namespace swarma::net
