#include "net/curl_transfer.h"

#include "net/http_syntax.h"

namespace swarma::net {
namespace {

constexpr std::size_t kMaxHeaderBytes = 256 * 1024;

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  const std::size_t bytes = size * count;
  if (transfer.response.body.size() + bytes > transfer.max_bytes) {
    transfer.too_large = true;
    return 0;  // aborts the transfer
  }
  transfer.response.body.append(data, bytes);
  return bytes;
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  const std::size_t bytes = size * count;
  transfer.header_bytes += bytes;
  if (transfer.header_bytes > kMaxHeaderBytes) {
    transfer.too_large = true;
    return 0;
  }
  std::string_view line(data, bytes);
  if (line.starts_with("HTTP/")) {  // a new head: what came before was a 1xx
    transfer.response.headers = Headers();
    return bytes;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return bytes;
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  transfer.response.headers.add(std::string(line.substr(0, colon)), std::string(trim(line.substr(colon + 1))));
  return bytes;
}

std::unexpected<Error> describe(CURLcode code, const Transfer& transfer, const std::string& url) {
  const std::string origin = shown_origin(url);
  const std::string detail = transfer.curl_message[0] != 0 ? transfer.curl_message.data() : curl_easy_strerror(code);
  if (transfer.too_large)
    return fail(ErrorCode::TooLarge, "response_too_large", "The answer of " + origin + " is larger than we accept.");
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return fail(ErrorCode::BadRequest, "bad_url",
                  "Cannot send a request to " + origin + ": not an http or https address.");
    case CURLE_OPERATION_TIMEDOUT:
      return fail(ErrorCode::Unavailable, "timed_out", origin + " did not answer in time.");
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return fail(ErrorCode::Unavailable, "tls_failed", "No secure connection to " + origin + ": " + detail + ".");
    default:
      return fail(ErrorCode::Unavailable, "unreachable", "Cannot reach " + origin + ": " + detail + ".");
  }
}

bool has_line_break(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

Result<HeaderList> header_list(const ClientRequest& request) {
  HeaderList list;
  const auto append = [&](const std::string& line) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (!longer) throw std::bad_alloc();
    (void)list.release();
    list.reset(longer);
  };
  for (const auto& [name, value] : request.headers.all()) {
    if (name.empty() || name.find(':') != std::string::npos || has_line_break(name) || has_line_break(value))
      return fail(ErrorCode::BadRequest, "bad_header", "A header field of the request holds a line break or no name.");
    append(value.empty() ? name + ";" : name + ": " + value);  // "name;" is how curl writes an empty field
  }
  append("Expect:");  // curl would wait up to a second for servers that do not know 100-continue
  if (request.headers.count("content-type") == 0) append("Content-Type:");  // curl's guess would be a web form
  return list;
}

void use_method(CURL* easy, const ClientRequest& request) {
  const bool bodiless =
      request.body.empty() && (request.method == "GET" || request.method == "HEAD" || request.method == "DELETE");
  if (request.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  } else if (bodiless) {
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  } else {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.empty() ? "" : request.body.data());
  }
  if (request.method != "GET" && request.method != "HEAD")
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

}  // namespace

void init_curl() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK) std::abort();  // out of memory at the start of the program
}

std::string shown_origin(const std::string& url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string::npos) return "an address without a scheme";
  const std::string authority = url.substr(scheme + 3, url.find_first_of("/?#", scheme + 3) - scheme - 3);
  return url.substr(0, scheme + 3) +
         authority.substr(authority.rfind('@') == std::string::npos ? 0 : authority.rfind('@') + 1);
}

Result<void> prepare_transfer(CURL* easy, Transfer& transfer, const ClientRequest& request,
                              const ClientOptions& options) {
  curl_easy_reset(easy);  // keeps connections, DNS and TLS sessions
  SWARMA_TRY(transfer.headers, header_list(request));
  transfer.max_bytes = options.max_response_bytes;
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count()));
  if (!options.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca_file.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.headers.get());
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.curl_message.data());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 256L * 1024);
  curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  use_method(easy, request);
  return {};
}

Result<ClientResponse> finish_transfer(CURL* easy, CURLcode code, Transfer& transfer, const std::string& url) {
  // The handle outlives the transfer: nothing in it may point there any more.
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, nullptr);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, nullptr);
  if (code != CURLE_OK) return describe(code, transfer, url);
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  transfer.response.status = static_cast<int>(status);
  return std::move(transfer.response);
}

}  // namespace swarma::net
