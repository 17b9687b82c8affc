// /v1/uploads: tus 1.0.0 (core, creation, expiration, termination) for the studio. Each chunk is in memory once, its
// proof covers its hash, and it is appended whole or not at all.
#include <fmt/format.h>

#include <charconv>
#include <ctime>

#include "api/auth.h"
#include "api/problem.h"
#include "api/routes.h"
#include "content/publish/spool.h"

namespace swarma::api {
namespace {

using content::publish::Upload;

Result<std::uint64_t> header_number(const net::Request& request, const char* name) {
  const std::string_view text = request.headers.get(name);
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size())
    return fail(ErrorCode::BadRequest, "bad_header", std::string(name) + " must be a number.");
  return value;
}

net::Response tus(int status) {
  net::Response response;
  response.status = status;
  response.headers.set("Tus-Resumable", "1.0.0");
  response.headers.set("Cache-Control", "no-store");
  return response;
}

std::string http_date(Expiry when) {
  std::tm utc{};
  const std::time_t seconds = when.unix_s();
  gmtime_r(&seconds, &utc);
  std::array<char, 40> buffer;
  const std::size_t size = std::strftime(buffer.data(), buffer.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return {buffer.data(), size};
}

void describe(net::Response& response, const Upload& upload) {
  response.headers.set("Upload-Offset", std::to_string(upload.offset));
  response.headers.set("Upload-Length", std::to_string(upload.length));
  response.headers.set("Upload-Expires", http_date(upload.expires_at));
}

/// The filename in Upload-Metadata: comma-separated "key base64" pairs; standard base64 with padding.
std::string filename_of(std::string_view metadata) {
  static constexpr std::string_view kKey = "filename ";
  const std::size_t at = metadata.find(kKey);
  if (at == std::string_view::npos) return "film";
  std::string text(metadata.substr(at + kKey.size(), metadata.find(',', at) - at - kKey.size()));
  while (!text.empty() && text.back() == '=') text.pop_back();
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  const auto bytes = parse_base64url(text);
  return bytes ? std::string(as_text(*bytes)) : "film";
}

Result<net::Response> create(Services& services, const net::Request& request) {
  SWARMA_CHECK(authenticate_creator(services, request));
  SWARMA_TRY(const std::uint64_t length, header_number(request, "Upload-Length"));
  SWARMA_TRY(const Upload upload, services.spool.create(length, filename_of(request.headers.get("Upload-Metadata"))));
  net::Response response = tus(201);
  response.headers.set("Location", "/v1/uploads/" + upload.id);
  describe(response, upload);
  return response;
}

Result<net::Response> offset(Services& services, const net::Request& request) {
  SWARMA_CHECK(authenticate_creator(services, request));
  SWARMA_TRY(const Upload upload, services.spool.find(request.path_params.front()));
  net::Response response = tus(200);
  describe(response, upload);
  return response;
}

Result<net::Response> append(Services& services, const net::Request& request) {
  if (request.headers.get("Content-Type") != "application/offset+octet-stream")
    return fail(ErrorCode::Unsupported, "bad_header", "A chunk has Content-Type application/offset+octet-stream.");
  SWARMA_CHECK(authenticate_creator(services, request));
  SWARMA_TRY(const std::uint64_t at, header_number(request, "Upload-Offset"));
  SWARMA_TRY(const Upload upload, services.spool.append(request.path_params.front(), at, view(request.body)));
  net::Response response = tus(204);
  describe(response, upload);
  return response;
}

Result<net::Response> drop(Services& services, const net::Request& request) {
  SWARMA_CHECK(authenticate_creator(services, request));
  SWARMA_CHECK(services.spool.remove(request.path_params.front()));
  return tus(204);
}

}  // namespace

void add_upload_routes(Services& services, Routes& routes) {
  const auto add = [&](std::string method, std::string pattern, std::size_t max_body, auto handler) {
    routes.push_back(
        {.method = std::move(method),
         .pattern = std::move(pattern),
         .max_body = max_body,
         .handler = answer(services, [&services, handler](const net::Request& r) { return handler(services, r); })});
  };
  add("POST", "/v1/uploads", 1024, create);
  add("HEAD", "/v1/uploads/{id}", 0, offset);
  add("PATCH", "/v1/uploads/{id}", kMaxUploadChunk, append);
  add("DELETE", "/v1/uploads/{id}", 0, drop);
}

}  // namespace swarma::api
