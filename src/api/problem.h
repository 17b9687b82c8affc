// Errors as application/problem+json (RFC 9457), and the JSON shapes every route uses.
#pragma once

#include "base/error.h"
#include "base/json.h"
#include "net/http.h"

namespace swarma::api {

/// Where an ErrorCode becomes an HTTP status. A few reasons have a status of their own, see problem_response().
int http_status(ErrorCode code);

net::Response json_response(int status, const Json& body);
/// {"type":"/problems/<reason>","title","status","detail","reason"} plus `extra` members. Where the error says how long
/// to wait, and with every 429, 503 and 507: `Retry-After`, and the same number as "retry_after_s".
net::Response problem_response(const Error& error, const Json* extra = nullptr);

/// The JSON object of a request body.
Result<Json> parse_body(const net::Request& request);

}  // namespace swarma::api
