// Errors as application/problem+json (RFC 9457), and the JSON shapes every route uses.
#pragma once

#include "base/error.h"
#include "base/json.h"
#include "net/http.h"

namespace swarma::api {

/// The one place where an error becomes an HTTP status.
int http_status(const Error& error);

net::Response json_response(int status, const Json& body);
/// Lets a cache keep a response of text that is the same for everybody, if it asks each time: an entity tag of the
/// body.
void make_revalidated(net::Response& response);
/// {"type":"/problems/<reason>","title","status","detail","reason"} plus the members of the error's details. Of trouble
/// inside the node (disk, database, bugs) a stranger hears a general sentence and an "id"; the log has the error's own
/// words under that id. Where the error says how long to wait, and with every 429, 503 and 507: `Retry-After`, and the
/// same number as "retry_after_s".
net::Response problem_response(const Error& error);

/// The JSON object of a request body.
Result<Json> parse_body(const net::Request& request);

}  // namespace swarma::api
