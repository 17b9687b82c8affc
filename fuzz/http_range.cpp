// A Range header: whatever it says, what is cut out lies within the body.
#include <cstdlib>
#include <cstring>

#include "base/bytes.h"
#include "net/http_syntax.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t input_size) {
  using namespace swarma;
  using namespace swarma::net;
  std::uint64_t size = 0;
  if (input_size < sizeof size) return 0;
  std::memcpy(&size, data, sizeof size);
  const std::string_view header = as_text({data + sizeof size, input_size - sizeof size});
  for (const std::uint64_t body : {size, size % 1000}) {
    const RangeChoice choice = choose_range(header, body);
    const auto* part = std::get_if<ByteRange>(&choice);
    if (!part) continue;
    if (part->length == 0 || part->offset >= body || part->length > body - part->offset) std::abort();
    const std::string canonical =
        "bytes=" + std::to_string(part->offset) + "-" + std::to_string(part->offset + part->length - 1);
    if (choose_range(canonical, body) != choice) std::abort();
  }
  (void)names_etag(header, "\"abc\"");
  return 0;
}
