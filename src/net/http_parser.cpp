#include "net/http_parser.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include "net/http_syntax.h"

namespace swarma::net {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using BeastError = beast::error_code;

constexpr std::size_t kMaxHeaders = 100;
constexpr std::size_t kMaxChunkHead = 16 * 1024;  // size line with extensions, or the trailers

std::string_view plain(beast::string_view text) {
  return {text.data(), text.size()};
}

class Parser final : public http::basic_parser<true> {
 public:
  RequestHead head;
  std::string body;
  std::size_t transfer_encodings = 0;
  bool in_trailers = false;

 private:
  void on_request_impl(http::verb, beast::string_view method, beast::string_view target, int version,
                       BeastError&) override {
    head.method = plain(method);
    head.target = plain(target);
    head.http_1_0 = version < 11;
  }
  void on_response_impl(int, beast::string_view, int, BeastError&) override {}
  void on_field_impl(http::field, beast::string_view name, beast::string_view value, BeastError& ec) override {
    if (in_trailers) return;  // trailers are read and dropped: nothing of ours uses them
    if (head.headers.all().size() >= kMaxHeaders) {
      ec = http::error::header_limit;
      return;
    }
    head.headers.add(std::string(plain(name)), std::string(plain(value)));
  }
  void on_header_impl(BeastError&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, BeastError&) override {}
  std::size_t on_body_impl(beast::string_view bytes, BeastError&) override {
    body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t size, beast::string_view, BeastError&) override { in_trailers = size == 0; }
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, BeastError&) override {
    body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_finish_impl(BeastError&) override {}
};

/// For the head of a response; a body is not read.
class ResponseParser final : public http::basic_parser<false> {
 public:
  ResponseHead head;

 private:
  void on_request_impl(http::verb, beast::string_view, beast::string_view, int, BeastError&) override {}
  void on_response_impl(int status, beast::string_view, int, BeastError&) override { head.status = status; }
  void on_field_impl(http::field, beast::string_view name, beast::string_view value, BeastError& ec) override {
    if (head.headers.all().size() >= kMaxHeaders) ec = http::error::header_limit;
    head.headers.add(std::string(plain(name)), std::string(plain(value)));
  }
  void on_header_impl(BeastError&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, BeastError&) override {}
  std::size_t on_body_impl(beast::string_view bytes, BeastError&) override { return bytes.size(); }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, BeastError&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view bytes, BeastError&) override { return bytes.size(); }
  void on_finish_impl(BeastError&) override {}
};

Error describe(const BeastError& ec) {
  if (ec == http::error::header_limit)
    return {ErrorCode::TooLarge, "header_too_large", "The header of the request is larger than this server accepts."};
  if (ec == http::error::body_limit)
    return {ErrorCode::TooLarge, "body_too_large", "The body of the request is larger than this address accepts."};
  return {ErrorCode::BadRequest, "bad_request", "This is not a well-formed HTTP/1.1 request: " + ec.message() + "."};
}

std::unexpected<Error> refuse(std::string why) {
  return fail(ErrorCode::BadRequest, "bad_request", "This request could be read in two ways: " + std::move(why) + ".");
}

}  // namespace

struct RequestParser::Impl {
  std::optional<Parser> parser;
  std::size_t max_head = 0;
  std::size_t head_bytes = 0;  // consumed so far
  bool got_some = false;

  Result<void> check_head();
  Result<std::size_t> feed_head(std::string_view bytes);
};

RequestParser::RequestParser() : impl_(std::make_unique<Impl>()) {}
RequestParser::~RequestParser() = default;

void RequestParser::reset(std::size_t max_head_bytes) {
  impl_->parser.emplace();
  impl_->parser->header_limit(static_cast<std::uint32_t>(max_head_bytes + 4));
  impl_->parser->body_limit(UINT64_MAX);  // not none: in 1.74 every Content-Length exceeds that
  impl_->max_head = max_head_bytes;
  impl_->head_bytes = 0;
  impl_->got_some = false;
}

bool RequestParser::started() const {
  return impl_->got_some;
}
bool RequestParser::head_done() const {
  return impl_->parser->is_header_done();
}
bool RequestParser::done() const {
  return impl_->parser->is_done();
}
RequestHead& RequestParser::head() {
  return impl_->parser->head;
}
std::string& RequestParser::body() {
  return impl_->parser->body;
}
void RequestParser::limit_body(std::uint64_t bytes) {
  impl_->parser->body_limit(bytes);
}

Result<void> RequestParser::Impl::check_head() {
  RequestHead& head = parser->head;
  std::size_t hosts = 0, lengths = 0, codings = 0;
  bool only_chunked = true;
  for (const auto& [name, value] : head.headers.all()) {
    if (equals_ignoring_case(name, "host")) ++hosts;
    if (equals_ignoring_case(name, "content-length")) lengths += value.find(',') == std::string::npos ? 1 : 2;
    if (equals_ignoring_case(name, "transfer-encoding")) {
      ++codings;
      only_chunked = only_chunked && equals_ignoring_case(value, "chunked");
    }
    if (equals_ignoring_case(name, "expect") && equals_ignoring_case(value, "100-continue"))
      head.expects_continue = true;
  }
  if (hosts > 1 || (hosts == 0 && !head.http_1_0)) return refuse("it needs exactly one Host header");
  if (lengths > 1) return refuse("it has more than one Content-Length");
  if (codings > 0 && (lengths > 0 || head.http_1_0 || codings > 1))
    return refuse("its Transfer-Encoding does not fit the rest");
  if (!only_chunked)
    return fail(ErrorCode::Unsupported, "unsupported_coding",
                "The only transfer coding this server understands is chunked.");
  head.keep_alive = parser->keep_alive();
  if (const auto length = parser->content_length()) head.content_length = *length;
  head.has_body = !parser->is_done();
  return {};
}

Result<std::size_t> RequestParser::Impl::feed_head(std::string_view bytes) {
  std::size_t skipped = 0;  // empty lines before a request are ignored (RFC 9112, 2.2)
  if (!got_some) {
    while (bytes.substr(skipped, 2) == "\r\n") skipped += 2;
    head_bytes += skipped;
    if (bytes.size() == skipped || bytes.substr(skipped) == "\r")
      return head_bytes > max_head ? std::unexpected(describe(http::error::header_limit))
                                   : Result<std::size_t>(skipped);
  }
  got_some = true;
  BeastError ec;
  const std::size_t used = parser->put(boost::asio::const_buffer(bytes.data() + skipped, bytes.size() - skipped), ec);
  head_bytes += used;
  if (ec && ec != http::error::need_more) return std::unexpected(describe(ec));
  const std::size_t waiting = parser->is_header_done() ? 0 : bytes.size() - skipped - used;
  if (head_bytes + waiting > max_head) return std::unexpected(describe(http::error::header_limit));
  if (parser->is_header_done()) SWARMA_RETURN_IF_ERROR(check_head());
  return skipped + used;
}

Result<std::size_t> RequestParser::feed(std::string_view bytes) {
  Parser& parser = *impl_->parser;
  if (!parser.is_header_done()) return impl_->feed_head(bytes);
  std::size_t used = 0;
  while (used < bytes.size() && !parser.is_done()) {
    BeastError ec;
    const std::size_t step = parser.put(boost::asio::const_buffer(bytes.data() + used, bytes.size() - used), ec);
    used += step;
    if (ec == http::error::need_more) {
      if (bytes.size() - used > kMaxChunkHead)
        return fail(ErrorCode::BadRequest, "bad_request",
                    "A chunk header or the trailers of this request are too long.");
      break;
    }
    if (ec) return std::unexpected(describe(ec));
  }
  return used;
}

Result<ResponseHead> read_response_head(std::string_view bytes) {
  ResponseParser parser;
  parser.header_limit(static_cast<std::uint32_t>(bytes.size() + 4));
  parser.body_limit(UINT64_MAX);
  BeastError ec;
  parser.put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
  if ((ec && ec != http::error::need_more) || !parser.is_header_done())
    return fail(ErrorCode::Corrupt, "bad_response", "What answers there does not speak HTTP/1.1.");
  return std::move(parser.head);
}

}  // namespace swarma::net
