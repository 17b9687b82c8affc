// A request to others, what is demanded of its course, and the answer.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "net/http.h"

namespace swarma::net {

struct ClientOptions {
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds timeout{60'000};  // whole exchange
  std::size_t max_response_bytes = 256 << 20;
  std::string ca_file;        // empty: the system's
  unsigned max_parallel = 8;  // for send_all
};

struct ClientRequest {
  std::string method = "GET";
  std::string url;
  Headers headers;
  std::string_view body;  // must outlive the call
};

struct ClientResponse {
  int status = 0;
  Headers headers;
  std::string body;
};

}  // namespace swarma::net
