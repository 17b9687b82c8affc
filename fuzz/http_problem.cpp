// What a server says of a refusal, as it reaches a terminal: bounded, a slug, and no control characters.
#include <algorithm>
#include <cstdlib>

#include "net/problem.h"

using namespace swarma;

static void require(bool condition) {
  if (!condition) std::abort();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  for (const int status : {400, 429, 503}) {
    const Error error = net::read_problem(status, body);
    require(!error.reason.empty() && error.reason.size() <= 64 && !error.message.empty());
    require(std::ranges::all_of(error.reason,
                                [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }));
    require(std::ranges::none_of(error.message, [](unsigned char c) { return c < 0x20 || c == 0x7f; }));
    require(error.message.size() < 16'384);
    require(!error.retry_after || error.retry_after->count() >= 0);
  }
  return 0;
}
