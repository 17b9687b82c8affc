// From a handler's Response to what goes on the wire: conditional requests and ranges applied, the head as one string.
#pragma once

#include <string>
#include <string_view>

#include "net/http.h"

namespace swarma::net {

std::string_view reason_phrase(int status);

/// Applies If-Match, If-None-Match, If-Range and Range of a GET or HEAD to a response of status 200, in the order of
/// RFC 9110, 13.2.2: it may become a 304 without a body, a 206 with a part of the file, or stay as it is. Conflict
/// "precondition_failed" stands for a 412, Unsupported "range_not_satisfiable" for a 416; then the response is as it
/// was. Nothing here has a date of its last change, so conditions on one are ignored, as 13.1.3 and 13.1.4 ask.
Result<void> apply_conditions(const Request& request, Response& response);

struct HeadFraming {
  bool keep_alive = true;
  bool http_1_0 = false;  // the client's version
  bool to_head = false;   // the answer to a HEAD request
  bool strict = false;    // with Strict-Transport-Security, for half a year
};

/// Appends status line and header fields with the empty line after them. Adds Date, Connection, nosniff, CORS (any page
/// may read our answers: they carry no cookies), Accept-Ranges for files, and the framing that fits the body; what the
/// handler said about framing is dropped, but for Content-Length in the answer to a HEAD. False, with nothing appended,
/// if a header field of the handler holds a line break or another control character.
bool append_head(std::string& out, const Response& response, HeadFraming framing);

/// Makes an answer to OPTIONS on a known path good for a CORS preflight too.
void add_preflight(Response& response, const std::string& allow);

/// Whether a browser may be told to use https only for the host of this address: names of machines others may reach.
/// "localhost" belongs to everything on a machine, and addresses are exempt by RFC 6797, 8.1.1.
bool may_be_strict(std::string_view base_url);

/// Length of the body that follows the head; meaningless for a StreamBody.
std::uint64_t body_length(const Response& response);

}  // namespace swarma::net
