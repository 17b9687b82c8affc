// Names of accounts and addresses of strangers: what is read leads to one host, in its only spelling, and nowhere else.
#include <algorithm>
#include <cstdlib>

#include "access/attest/activitypub_fetch.h"
#include "base/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace swarma::access::attest;
  const std::string_view text = swarma::as_text({data, size});
  const std::string host = host_of_url(text);
  if (!host.empty() && host_of_url("https://" + host + "/x?y#z") != host) std::abort();
  if (host.find_first_of("/?#@ \r\n") != std::string::npos) std::abort();
  if (const auto handle = parse_handle(text)) {
    const auto again = parse_handle("@" + handle->name + "@" + handle->host);
    if (!again || again->name != handle->name || again->host != handle->host) std::abort();
    if (host_of_url("https://" + handle->host + "/") != handle->host) std::abort();
  }
  return 0;
}
