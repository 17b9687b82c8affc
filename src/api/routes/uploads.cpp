#include "api/routes/uploads.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <ctime>

#include "api/problem.h"
#include "base/text.h"
#include "net/http_accept.h"

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
  return std::ranges::equal(net::media_type_of(content_type), kType, {},
                            [](unsigned char c) { return std::tolower(c); });
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

Result<net::Response> create(const UploadRoutes& with, const Call& call) {
  SWARMA_TRY(const std::uint64_t length, header_number(call.request, "Upload-Length"));
  const std::string_view metadata = call.request.headers.get("Upload-Metadata");
  SWARMA_TRY(const Upload upload, with.spool.create(length, filename_of(metadata), metadata));
  net::Response response = tus(201);
  response.headers.set("Location", "/v1/uploads/" + upload.id);
  describe(response, upload);
  return response;
}

Result<net::Response> offset(const UploadRoutes& with, const Call& call) {
  SWARMA_TRY(const Upload upload, with.spool.get(call.request.path_params.front()));
  net::Response response = tus(200);
  describe(response, upload);
  if (!upload.metadata.empty()) response.headers.set("Upload-Metadata", upload.metadata);
  return response;
}

Result<net::Response> append(const UploadRoutes& with, const Call& call) {
  SWARMA_TRY(const std::uint64_t at, header_number(call.request, "Upload-Offset"));
  SWARMA_TRY(const Upload upload, with.spool.append(call.request.path_params.front(), at, view(call.request.body)));
  net::Response response = tus(204);
  describe(response, upload);
  return response;
}

Result<net::Response> drop(const UploadRoutes& with, const Call& call) {
  SWARMA_RETURN_IF_ERROR(with.spool.remove(call.request.path_params.front()));
  return tus(204);
}

/// What the protocol can do here, for everybody who asks.
net::Response options(const UploadRoutes& with) {
  net::Response response = tus(204);
  response.headers.set("Tus-Version", kVersion);
  response.headers.set("Tus-Extension", "creation,expiration,termination");
  response.headers.set("Tus-Max-Size", std::to_string(with.spool.max_bytes()));
  return response;
}

/// What the protocol says before anybody is asked who they are.
std::optional<net::Response> check_protocol(const net::Request& request) {
  if (const auto spoken = check_version(request); !spoken) {
    net::Response response = problem_response(spoken.error());
    response.headers.set("Tus-Version", kVersion);
    return response;
  }
  if (request.method != "PATCH" || is_chunk(request.headers.get("Content-Type"))) return std::nullopt;
  return problem_response(
      {ErrorCode::Unsupported, "bad_content_type", "A chunk has the Content-Type application/offset+octet-stream."});
}

}  // namespace

Table routes(const UploadRoutes& with) {
  const auto step = [](std::string method, std::string pattern, std::size_t max_body, ApiHandler handler) {
    return Entry{.method = std::move(method),
                 .pattern = std::move(pattern),
                 .auth = Auth::Creator,
                 .max_body = max_body,
                 .handler = std::move(handler),
                 .first = check_protocol,
                 .headers = {{"Tus-Resumable", kVersion}}};
  };
  Table table = {step("POST", "/v1/uploads", 1024, on(with, create)),
                 step("HEAD", "/v1/uploads/{id}", 0, on(with, offset)),
                 step("PATCH", "/v1/uploads/{id}", kMaxUploadChunk, on(with, append)),
                 step("DELETE", "/v1/uploads/{id}", 0, on(with, drop))};
  for (const char* pattern : {"/v1/uploads", "/v1/uploads/{id}"})
    table.push_back({.method = "OPTIONS",
                     .pattern = pattern,
                     .runs = Runs::Inline,
                     .max_body = 0,
                     .plain = [with](const net::Request&) { return options(with); }});
  return table;
}

}  // namespace swarma::api
