// What a fabric and a key agent elsewhere send each other.
#include <cstdlib>

#include "access/grant/agent_messages.h"
#include "base/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  using namespace swarma::access::grant;
  if (const auto message = parse_from_fabric(text)) {
    const std::string written = write_message(*message);
    const auto again = parse_from_fabric(written);
    if (!again || write_message(*again) != written) std::abort();
  }
  if (const auto message = parse_from_agent(text)) {
    const std::string written = write_message(*message);
    const auto again = parse_from_agent(written);
    if (!again || write_message(*again) != written) std::abort();
  }
  return 0;
}
