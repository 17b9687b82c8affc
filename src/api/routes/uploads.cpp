// /v1/uploads: tus 1.0.0 (core, creation, expiration, termination), for pages of any origin. Each chunk is in memory
// once, its proof covers its hash, and it is appended whole or not at all.
//
// Order of the checks: version of the protocol, type of the content, who asks, then the numbers and the state.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <ctime>

#include "api/auth.h"
#include "api/problem.h"
#include "api/routes.h"
#include "base/text.h"
#include "content/publish/spool.h"

namespace swarma::api {
namespace {

using content::publish::Upload;

Result<std::uint64_t> header_number(const net::Request& request, const char* name) {
  const auto value = parse_number<std::uint64_t>(request.headers.get(name));
  if (!value) return fail(ErrorCode::BadRequest, "bad_header", std::string(name) + " must be a number.");
  return *value;
}

constexpr const char* kVersion = "1.0.0";

/// A request that names no version is taken as one of ours, as there is only one; another version is never guessed at.
Result<void> check_version(const net::Request& request) {
  if (request.headers.count("Tus-Resumable") == 0 || request.headers.get("Tus-Resumable") == kVersion) return {};
  return fail(ErrorCode::BadRequest, "unsupported_tus_version",
              "This node speaks version 1.0.0 of the upload protocol tus only. Send Tus-Resumable: 1.0.0.");
}

/// Media types compare without case, and may have parameters.
bool is_chunk(std::string_view content_type) {
  static constexpr std::string_view kType = "application/offset+octet-stream";
  const std::string_view type = content_type.substr(0, content_type.find_first_of("; \t"));
  return std::ranges::equal(type, kType, {}, [](unsigned char c) { return std::tolower(c); });
}

net::Response tus(int status) {
  net::Response response;
  response.status = status;
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
  while (!metadata.empty()) {
    metadata.remove_prefix(std::min(metadata.find_first_not_of(' '), metadata.size()));
    if (metadata.starts_with(kKey)) break;
    const std::size_t comma = metadata.find(',');
    metadata.remove_prefix(comma == std::string_view::npos ? metadata.size() : comma + 1);
  }
  if (metadata.empty()) return "film";
  std::string text(metadata.substr(kKey.size(), metadata.find(',') - kKey.size()));
  while (!text.empty() && text.back() == '=') text.pop_back();
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  const auto bytes = parse_base64url(text);
  return bytes ? std::string(as_text(*bytes)) : "film";
}

Result<net::Response> create(Services& services, const net::Request& request) {
  SWARMA_RETURN_IF_ERROR(authenticate_creator(services, request));
  SWARMA_TRY(const std::uint64_t length, header_number(request, "Upload-Length"));
  const std::string_view metadata = request.headers.get("Upload-Metadata");
  SWARMA_TRY(const Upload upload, services.spool.create(length, filename_of(metadata), metadata));
  net::Response response = tus(201);
  response.headers.set("Location", "/v1/uploads/" + upload.id);
  describe(response, upload);
  return response;
}

Result<net::Response> offset(Services& services, const net::Request& request) {
  SWARMA_RETURN_IF_ERROR(authenticate_creator(services, request));
  SWARMA_TRY(const Upload upload, services.spool.find(request.path_params.front()));
  net::Response response = tus(200);
  describe(response, upload);
  if (!upload.metadata.empty()) response.headers.set("Upload-Metadata", upload.metadata);
  return response;
}

Result<net::Response> append(Services& services, const net::Request& request) {
  if (!is_chunk(request.headers.get("Content-Type")))
    return fail(ErrorCode::Unsupported, "bad_content_type",
                "A chunk has the Content-Type application/offset+octet-stream.");
  SWARMA_RETURN_IF_ERROR(authenticate_creator(services, request));
  SWARMA_TRY(const std::uint64_t at, header_number(request, "Upload-Offset"));
  SWARMA_TRY(const Upload upload, services.spool.append(request.path_params.front(), at, view(request.body)));
  net::Response response = tus(204);
  describe(response, upload);
  return response;
}

Result<net::Response> drop(Services& services, const net::Request& request) {
  SWARMA_RETURN_IF_ERROR(authenticate_creator(services, request));
  SWARMA_RETURN_IF_ERROR(services.spool.remove(request.path_params.front()));
  return tus(204);
}

/// What the protocol can do here, for everybody who asks.
net::Response options(const Services& services) {
  net::Response response = tus(204);
  response.headers.set("Tus-Version", kVersion);
  response.headers.set("Tus-Extension", "creation,expiration,termination");
  response.headers.set("Tus-Max-Size", std::to_string(services.spool.max_bytes()));
  return response;
}

net::Handler in_protocol(Services& services, ApiHandler handler) {
  ApiHandler checked = [handler = std::move(handler)](const net::Request& request) -> Result<net::Response> {
    SWARMA_RETURN_IF_ERROR(check_version(request));
    return handler(request);
  };
  return [inner = answer(services, std::move(checked))](const net::Request& request) {
    net::Response response = inner.now()(request);
    if (response.status == 412) response.headers.set("Tus-Version", kVersion);
    return response;
  };
}

}  // namespace

void add_upload_routes(Services& services, Routes& routes) {
  const auto add = [&](std::string method, std::string pattern, std::size_t max_body, auto handler) {
    routes.push_back(
        {.method = std::move(method),
         .pattern = std::move(pattern),
         .max_body = max_body,
         .handler = in_protocol(services, [&services, handler](const net::Request& r) { return handler(services, r); }),
         .headers = {{"Tus-Resumable", kVersion}}});
  };
  add("POST", "/v1/uploads", 1024, create);
  add("HEAD", "/v1/uploads/{id}", 0, offset);
  add("PATCH", "/v1/uploads/{id}", kMaxUploadChunk, append);
  add("DELETE", "/v1/uploads/{id}", 0, drop);
  for (const char* pattern : {"/v1/uploads", "/v1/uploads/{id}"})
    routes.push_back({.method = "OPTIONS",
                      .pattern = pattern,
                      .where = net::Where::Inline,
                      .max_body = 0,
                      .handler = [&services](const net::Request&) { return options(services); }});
}

}  // namespace swarma::api
