// Inside net: one HTTP exchange on a libcurl handle, as HttpClient and Outbound make it. Only .cpp files of net/
// include this.
#pragma once

#include <curl/curl.h>

#include <array>
#include <memory>
#include <string>

#include "net/exchange.h"

namespace swarma::net {

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

/// Before the first handle of the process is made. Aborts without memory.
void init_curl();

/// What one exchange gathers. Must stay where it is while curl works on it.
struct Transfer {
  ClientResponse response;
  HeaderList headers;
  std::array<char, CURL_ERROR_SIZE> curl_message{};
  std::size_t max_bytes = 0;
  std::size_t header_bytes = 0;
  bool too_large = false;
};

/// Resets the handle, which keeps its connections, and sets it up. BadRequest "bad_header".
Result<void> prepare_transfer(CURL* easy, Transfer& transfer, const ClientRequest& request,
                              const ClientOptions& options);
/// The response of a finished transfer, or why there is none: the errors of HttpClient::send. Nothing in the handle
/// points to the transfer any more.
Result<ClientResponse> finish_transfer(CURL* easy, CURLcode code, Transfer& transfer, const std::string& url);

/// scheme://host[:port] of an address: what a sentence may show of it (paths and queries can hold capabilities).
std::string shown_origin(const std::string& url);

}  // namespace swarma::net
