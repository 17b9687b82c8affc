#include "net/response_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include "net/http_syntax.h"
#include "net/public_url.h"

namespace swarma::net {
namespace {

constexpr std::string_view kAnyOrigin = "Access-Control-Allow-Origin: *\r\n";
constexpr std::string_view kNoSniff = "X-Content-Type-Options: nosniff\r\n";
constexpr std::string_view kStrict = "Strict-Transport-Security: max-age=15552000\r\n";
constexpr std::string_view kExpose =
    "Access-Control-Expose-Headers: X-Reason, Content-Length, Content-Range, Accept-Ranges, ETag, DPoP-Nonce, "
    "WWW-Authenticate, Location, Link, Sunset, X-Cashu, X-Lightning, Retry-After, Allow, Idempotency-Replayed, "
    "Tus-Resumable, Tus-Version, Tus-Extension, Tus-Max-Size, Upload-Offset, Upload-Length, Upload-Expires, "
    "Upload-Metadata\r\n";

struct Phrase {
  int status;
  std::string_view text;
};
constexpr Phrase kPhrases[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {507, "Insufficient Storage"},
};
static_assert(std::ranges::is_sorted(kPhrases, {}, &Phrase::status));

void append_number(std::string& out, std::uint64_t value) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

/// "Date: …\r\n", made once a second per thread.
std::string_view date_line() {
  thread_local std::time_t made_for = -1;
  thread_local std::array<char, 48> line;
  thread_local std::size_t length = 0;
  timespec now;
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  if (now.tv_sec != made_for) {
    static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm utc;
    ::gmtime_r(&now.tv_sec, &utc);
    const int written =
        std::snprintf(line.data(), line.size(), "Date: %s, %02d %s %d %02d:%02d:%02d GMT\r\n", kDays[utc.tm_wday],
                      utc.tm_mday, kMonths[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
    length = static_cast<std::size_t>(written);
    made_for = now.tv_sec;
  }
  return {line.data(), length};
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text,
                             [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

bool is_framing(std::string_view name) {
  switch (name.size()) {
    case 4:
      return equals_ignoring_case(name, "date");
    case 10:
      return equals_ignoring_case(name, "connection");
    case 14:
      return equals_ignoring_case(name, "content-length");
    case 17:
      return equals_ignoring_case(name, "transfer-encoding");
    default:
      return false;
  }
}

bool has_body(int status) {
  return status >= 200 && status != 204 && status != 304;
}

void append_framing(std::string& out, const Response& response, HeadFraming framing) {
  if (!framing.keep_alive) out += "Connection: close\r\n";
  if (framing.keep_alive && framing.http_1_0) out += "Connection: keep-alive\r\n";
  if (response.headers.count("upgrade") > 0) out += "Connection: Upgrade\r\n";
  if (!has_body(response.status)) return;
  if (std::holds_alternative<FileBody>(response.body) && (response.status == 200 || response.status == 206))
    out += "Accept-Ranges: bytes\r\n";
  if (std::holds_alternative<StreamBody>(response.body)) {
    if (!framing.http_1_0) out += "Transfer-Encoding: chunked\r\n";
    return;
  }
  const std::string_view stated =
      framing.to_head && body_length(response) == 0 ? response.headers.get("content-length") : "";
  out += "Content-Length: ";
  if (stated.empty()) append_number(out, body_length(response));
  out += stated;
  out += "\r\n";
}

}  // namespace

std::string_view reason_phrase(int status) {
  const auto* const phrase = std::ranges::lower_bound(kPhrases, status, {}, &Phrase::status);
  if (phrase != std::end(kPhrases) && phrase->status == status) return phrase->text;
  return status < 400 ? "OK" : "Error";
}

std::uint64_t body_length(const Response& response) {
  if (const auto* text = std::get_if<std::string>(&response.body)) return text->size();
  if (const auto* file = std::get_if<FileBody>(&response.body)) return file->length;
  return 0;
}

Result<void> apply_conditions(const Request& request, Response& response) {
  if (response.status != 200 || (request.method != "GET" && request.method != "HEAD")) return {};
  const std::string_view etag = response.headers.get("etag");
  const std::string if_match = request.headers.joined("if-match");
  if (!if_match.empty() && !matches_etag(if_match, etag))
    return fail(ErrorCode::Conflict, "precondition_failed",
                "What is at this address now is not what If-Match names; ask for it without that header.");
  const std::string if_none_match = request.headers.joined("if-none-match");
  if (!if_none_match.empty() && names_etag(if_none_match, etag)) {
    response.status = 304;
    response.body = std::string();
    return {};
  }
  auto* file = std::get_if<FileBody>(&response.body);
  const std::string_view range = request.headers.get("range");
  if (!file || range.empty() || request.method == "HEAD") return {};
  const std::string_view if_range =
      request.headers.get("if-range");  // strong comparison: a weak tag or a date never fits
  if (!if_range.empty() && (if_range != etag || if_range.starts_with("W/"))) return {};
  const std::uint64_t size = file->length;
  const RangeChoice choice = choose_range(range, size);
  if (std::holds_alternative<Unsatisfiable>(choice))
    return fail(ErrorCode::Unsupported, "range_not_satisfiable",
                "The range begins beyond the end: there are " + std::to_string(size) + " bytes.");
  if (const auto* part = std::get_if<ByteRange>(&choice)) {
    file->offset += part->offset;
    file->length = part->length;
    response.status = 206;
    response.headers.set("Content-Range", "bytes " + std::to_string(part->offset) + "-" +
                                              std::to_string(part->offset + part->length - 1) + "/" +
                                              std::to_string(size));
  }
  return {};
}

bool append_head(std::string& out, const Response& response, HeadFraming framing) {
  const std::size_t before = out.size();
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::uint64_t>(response.status));
  out += ' ';
  out += reason_phrase(response.status);
  out += "\r\n";
  out += date_line();
  bool own_origin = false, own_expose = false;
  for (const auto& [name, value] : response.headers.all()) {
    if (is_framing(name)) continue;
    if (has_control(name) || has_control(value)) {
      out.resize(before);
      return false;
    }
    own_origin = own_origin || equals_ignoring_case(name, "access-control-allow-origin");
    own_expose = own_expose || equals_ignoring_case(name, "access-control-expose-headers");
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
  }
  out += kNoSniff;
  if (framing.strict) out += kStrict;
  if (!own_origin) out += kAnyOrigin;
  if (!own_expose) out += kExpose;
  append_framing(out, response, framing);
  out += "\r\n";
  return true;
}

bool may_be_strict(std::string_view base_url) {
  static constexpr std::string_view kScheme = "https://";
  if (!base_url.starts_with(kScheme)) return false;
  std::string_view host = base_url.substr(kScheme.size());
  if (host.starts_with('[')) return false;
  host = host.substr(0, host.find(':'));
  const std::string_view top = host.substr(host.rfind('.') == std::string_view::npos ? 0 : host.rfind('.') + 1);
  return !equals_ignoring_case(top, "localhost") && canonical_address(host).empty();
}

void add_preflight(Response& response, const std::string& allow) {
  response.headers.set("Allow", allow);
  response.headers.set("Access-Control-Allow-Methods", allow);
  response.headers.set("Access-Control-Allow-Headers",
                       "Authorization, DPoP, Idempotency-Key, X-SHA-256, Content-Type, Range, If-Match, If-None-Match, "
                       "Tus-Resumable, Upload-Length, Upload-Offset, Upload-Metadata, *");
  response.headers.set("Access-Control-Max-Age", "86400");
}

}  // namespace swarma::net
