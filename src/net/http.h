// HTTP messages as the rest of the program sees them: no sockets, no Asio, no parser types.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "net/stream_writer.h"

namespace swarma::net {

/// Header fields in order of arrival; names compare without case (RFC 9110).
class Headers {
 public:
  void add(std::string name, std::string value);
  void set(std::string name, std::string value);  // replaces all of that name
  /// The first value, or empty.
  std::string_view get(std::string_view name) const;
  std::size_t count(std::string_view name) const;
  /// All values of that name as one list (RFC 9110, 5.3).
  std::string joined(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& all() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct Request {
  std::string method;
  std::string path;   // percent-decoded, always starts with '/', no dot segments
  std::string query;  // raw, without '?'
  Headers headers;
  std::string body;                      // empty when the route took a BodySink
  std::string remote_address;            // without port; behind a trusted proxy, the forwarded one
  std::string base_url;                  // public scheme://host[:port] as configured, or from the request
  std::string local_url;                 // scheme://address:port that the connection came to: nobody else's word
  std::vector<std::string> path_params;  // what the route's {…} matched, in order
};

/// BadRequest "bad_query" unless every name and value of a query (application/x-www-form-urlencoded) decodes to UTF-8
/// without NUL. The server refuses such a request before any route sees it.
Result<void> check_query(std::string_view query);
/// Decoded value of a query parameter, if present. BadRequest "bad_query" if it is broken, there twice or longer than
/// `max_bytes`.
Result<std::optional<std::string>> find_query(std::string_view query, std::string_view name, std::size_t max_bytes);
/// The same for a whole number in decimal digits; `fallback` if it is absent.
Result<std::uint64_t> query_number(std::string_view query, std::string_view name, std::uint64_t min, std::uint64_t max,
                                   std::uint64_t fallback);
/// Every name and its decoded value, of a query or a posted form. BadRequest "bad_query" if it is broken, has a name
/// twice, or more than `max_items` of them.
Result<std::vector<std::pair<std::string, std::string>>> read_form(std::string_view form, std::size_t max_items);
std::string percent_encode(std::string_view text);

/// Part of an open file, sent with sendfile.
struct FileBody {
  std::shared_ptr<const Fd> file;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

struct Response {
  int status = 200;
  Headers headers;
  std::variant<std::string, FileBody, StreamBody> body;
  std::chrono::seconds hold{0};  // sent no sooner than this after it was made; meanwhile no thread waits
};

/// Takes a request body as it arrives, on a worker thread, in order. Destroyed without finish() when the client goes
/// away.
class BodySink {
 public:
  virtual ~BodySink() = default;
  /// An error ends the request with the matching problem response.
  virtual Result<void> write(ByteView piece) = 0;
  virtual Response finish(const Request& request) = 0;
};

}  // namespace swarma::net
