// Bytes, numbers and addresses written as text: each is written back as it was read, or read again as it was written.
#include <cstdlib>

#include "access/policy/preset.h"
#include "base/bytes.h"
#include "base/rfc3339.h"
#include "base/text.h"
#include "net/public_url.h"

namespace {

template <class Parse, class Write>
void round_trip(std::string_view text, Parse parse, Write write) {
  if (const auto value = parse(text); value && write(*value) != text) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace swarma;
  const std::string_view text = as_text({data, size});
  round_trip(text, parse_hex, [](ByteView bytes) { return to_hex(bytes); });
  round_trip(text, parse_base64url, [](ByteView bytes) { return to_base64url(bytes); });
  round_trip(text, parse_base32, [](ByteView bytes) { return to_base32(bytes); });
  if (const auto number = parse_number<std::int64_t>(text);
      number && parse_number<std::int64_t>(std::to_string(*number)) != number)
    std::abort();
  if (const auto at = parse_rfc3339(text); at && parse_rfc3339(to_rfc3339(*at)) != at) std::abort();
  if (const auto place = parse_host_port(text); place && text.find(place->host) == std::string_view::npos) std::abort();
  if (const auto url = net::parse_public_url(text))
    if (const auto again = net::parse_public_url(url->url); !again || again->url != url->url) std::abort();
  if (const auto preset = access::policy::parse_preset(text); preset && preset->policy.paths().empty()) std::abort();
  return 0;
}
