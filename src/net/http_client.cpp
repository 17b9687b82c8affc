#include "net/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <mutex>

#include "net/http_syntax.h"

namespace swarma::net {
namespace {

constexpr std::size_t kMaxHeaderBytes = 256 * 1024;
constexpr std::size_t kKeptHandles = 32;  // idle handles, each with its open connections

struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeMulti {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, FreeEasy>;
using Multi = std::unique_ptr<CURLM, FreeMulti>;
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

/// One exchange on one handle. Must stay where it is while curl works on it.
struct Transfer {
  ClientResponse response;
  HeaderList headers;
  std::array<char, CURL_ERROR_SIZE> curl_message{};
  std::size_t max_bytes = 0;
  std::size_t header_bytes = 0;
  bool too_large = false;
};

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

/// scheme://host[:port] of a URL: what an error message may show (paths and queries can hold capabilities).
std::string shown_origin(const std::string& url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string::npos) return "an address without a scheme";
  const std::string authority = url.substr(scheme + 3, url.find_first_of("/?#", scheme + 3) - scheme - 3);
  return url.substr(0, scheme + 3) +
         authority.substr(authority.rfind('@') == std::string::npos ? 0 : authority.rfind('@') + 1);
}

std::unexpected<Error> describe(CURLcode code, const Transfer& transfer, const ClientRequest& request) {
  const std::string origin = shown_origin(request.url);
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

void global_init() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK) std::abort();  // out of memory at the start of the program
}

}  // namespace

struct HttpClient::Impl {
  explicit Impl(ClientOptions given) : options(std::move(given)) {}

  ClientOptions options;
  std::mutex mutex;
  std::vector<Easy> idle_handles;
  std::vector<Multi> idle_multis;

  template <class Handle>
  Handle take(std::vector<Handle>& idle, Handle (*make)());
  template <class Handle>
  void give_back(std::vector<Handle>& idle, Handle handle);

  Result<void> prepare(CURL* easy, Transfer& transfer, const ClientRequest& request) const;
  Result<ClientResponse> outcome(CURL* easy, CURLcode code, Transfer& transfer, const ClientRequest& request) const;
};

/// The one used last first: its connections are the likeliest to be open still.
template <class Handle>
Handle HttpClient::Impl::take(std::vector<Handle>& idle, Handle (*make)()) {
  const std::lock_guard lock(mutex);
  if (idle.empty()) return make();
  Handle handle = std::move(idle.back());
  idle.pop_back();
  return handle;
}

template <class Handle>
void HttpClient::Impl::give_back(std::vector<Handle>& idle, Handle handle) {
  const std::lock_guard lock(mutex);
  if (idle.size() < kKeptHandles) idle.push_back(std::move(handle));
}

Result<void> HttpClient::Impl::prepare(CURL* easy, Transfer& transfer, const ClientRequest& request) const {
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

Result<ClientResponse> HttpClient::Impl::outcome(CURL* easy, CURLcode code, Transfer& transfer,
                                                 const ClientRequest& request) const {
  // The handle outlives the transfer: nothing in it may point there any more.
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, nullptr);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, nullptr);
  if (code != CURLE_OK) return describe(code, transfer, request);
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  transfer.response.status = static_cast<int>(status);
  return std::move(transfer.response);
}

HttpClient::HttpClient(ClientOptions options) {
  global_init();
  impl_ = std::make_unique<Impl>(std::move(options));
}

HttpClient::~HttpClient() = default;

Result<ClientResponse> HttpClient::send(const ClientRequest& request) {
  Easy easy = impl_->take<Easy>(impl_->idle_handles, [] { return Easy(curl_easy_init()); });
  if (!easy) throw std::bad_alloc();
  Transfer transfer;
  SWARMA_RETURN_IF_ERROR(impl_->prepare(easy.get(), transfer, request));
  const CURLcode code = curl_easy_perform(easy.get());
  Result<ClientResponse> result = impl_->outcome(easy.get(), code, transfer, request);
  impl_->give_back(impl_->idle_handles, std::move(easy));
  return result;
}

namespace {

/// Runs transfers on a multi handle, at most so many at a time.
class Batch {
 public:
  Batch(CURLM* multi, std::size_t count) : multi_(multi), transfers_(count), codes_(count, CURLE_OK) {}

  Transfer& transfer(std::size_t index) { return transfers_[index]; }
  CURLcode code(std::size_t index) const { return codes_[index]; }

  bool start(CURL* easy, std::size_t index) {
    curl_easy_setopt(easy, CURLOPT_PRIVATE, reinterpret_cast<void*>(index));
    return curl_multi_add_handle(multi_, easy) == CURLM_OK;
  }

  /// Waits until at least one transfer is over; `on_done(index, easy)` for each.
  template <class OnDone>
  bool advance(OnDone on_done) {
    for (;;) {
      int running = 0, left = 0;
      if (curl_multi_perform(multi_, &running) != CURLM_OK) return false;
      bool any = false;
      while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        CURL* easy = message->easy_handle;
        const CURLcode code = message->data.result;
        void* tag = nullptr;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &tag);
        curl_multi_remove_handle(multi_, easy);
        const auto index = reinterpret_cast<std::size_t>(tag);
        codes_[index] = code;
        on_done(index, easy);
        any = true;
      }
      if (any) return true;
      if (curl_multi_poll(multi_, nullptr, 0, 1000, nullptr) != CURLM_OK) return false;
    }
  }

 private:
  CURLM* multi_;
  std::vector<Transfer> transfers_;
  std::vector<CURLcode> codes_;
};

}  // namespace

std::vector<Result<ClientResponse>> HttpClient::send_all(std::span<const ClientRequest> requests) {
  std::vector<Result<ClientResponse>> results(
      requests.size(),
      fail(ErrorCode::Unavailable, "unreachable", "The request was not sent: an earlier one failed inside curl."));
  if (requests.empty()) return results;
  Multi multi = impl_->take<Multi>(impl_->idle_multis, [] { return Multi(curl_multi_init()); });
  if (!multi) throw std::bad_alloc();
  Batch batch(multi.get(), requests.size());
  std::vector<Easy> handles;
  std::vector<CURL*> free_handles;
  for (std::size_t i = 0; i < std::min<std::size_t>(std::max(1u, impl_->options.max_parallel), requests.size()); ++i) {
    handles.emplace_back(curl_easy_init());
    if (!handles.back()) throw std::bad_alloc();
    free_handles.push_back(handles.back().get());
  }
  std::size_t next = 0, running = 0;
  bool healthy = true;
  while (healthy && (next < requests.size() || running > 0)) {
    while (next < requests.size() && !free_handles.empty()) {
      const std::size_t index = next++;
      if (Result<void> ready = impl_->prepare(free_handles.back(), batch.transfer(index), requests[index]); !ready) {
        results[index] = std::unexpected(std::move(ready).error());
      } else if (batch.start(free_handles.back(), index)) {
        free_handles.pop_back();
        ++running;
      }
    }
    if (running == 0) continue;
    healthy = batch.advance([&](std::size_t index, CURL* easy) {
      results[index] = impl_->outcome(easy, batch.code(index), batch.transfer(index), requests[index]);
      free_handles.push_back(easy);
      --running;
    });
  }
  for (const Easy& easy : handles) curl_multi_remove_handle(multi.get(), easy.get());
  handles.clear();
  if (healthy) impl_->give_back(impl_->idle_multis, std::move(multi));
  return results;
}

}  // namespace swarma::net
