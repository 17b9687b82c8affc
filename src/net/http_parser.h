// The HTTP/1 parser: Boost.Beast's, fed by hand, behind a plain face. Only http_parser.cpp sees Boost.
//
// Beast decides the grammar; this adds what a server that faces strangers needs: a limit on the whole head, and refusal
// of everything two parties could read differently (RFC 9112, 6.1 and 11.2): any transfer coding but "chunked",
// repeated Content-Length or Host, a transfer coding in HTTP/1.0.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/http.h"

namespace swarma::net {

struct RequestHead {
  std::string method;
  std::string target;  // as it came
  Headers headers;
  bool http_1_0 = false;
  bool keep_alive = true;
  bool expects_continue = false;
  bool has_body = false;
  std::optional<std::uint64_t> content_length;  // none for a chunked body
};

/// Reads one request at a time. Not safe for concurrent use.
class RequestParser {
 public:
  RequestParser();
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;

  /// Makes ready for the next request.
  void reset(std::size_t max_head_bytes);

  /// Consumes bytes and says how many; what it leaves must come again, with more behind it. Stops after the head, so
  /// that the caller can choose a limit for the body, and after the end of the request.
  ///
  /// Errors: BadRequest "bad_request"; TooLarge "header_too_large" or "body_too_large"; Unsupported
  /// "unsupported_coding". After an error the connection is beyond use.
  Result<std::size_t> feed(std::string_view bytes);

  bool started() const;  // has taken at least one byte
  bool head_done() const;
  bool done() const;
  RequestHead& head();                   // after head_done()
  void limit_body(std::uint64_t bytes);  // after head_done(), before more is fed

  /// Body bytes decoded so far and not yet taken by the caller.
  std::string& body();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct ResponseHead {
  int status = 0;
  Headers headers;
};
/// Reads a whole head of a response, from its first byte to the empty line that ends it. Corrupt "bad_response" if it
/// is not one.
Result<ResponseHead> read_response_head(std::string_view bytes);

}  // namespace swarma::net
