// Problem documents (RFC 9457) as a client reads them: what a server says of a refusal, in our terms.
#pragma once

#include <string_view>

#include "base/error.h"
#include "net/http_client.h"

namespace swarma::net {

/// The reason of a refusal that is no problem document: whoever sent it is no node.
inline constexpr std::string_view kNoProblem = "refused";

/// `reason` is the last part of the document's "type", or kNoProblem; `message` its "detail", bounded and without
/// control characters, followed by what would help ("unmet"[].how), or a sentence with the status. Any body will do.
/// `retry_after` is its "retry_after_s".
Error read_problem(int status, std::string_view body);
/// As above; where the body does not say how long to wait, `Retry-After` does (in seconds; dates are not read).
Error read_problem(const ClientResponse& response);

}  // namespace swarma::net
