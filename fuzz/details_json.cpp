// The details blob: what is accepted is written again as canonical JSON that reads back to the same text.
#include <cstdlib>

#include "title/title_details.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace swarma;
  const auto details = title::parse_details(as_text({data, size}));
  if (!details) return 0;
  const auto text = title::write_details(*details);
  if (!text) std::abort();
  const auto again = title::parse_details(*text);
  if (!again || *title::write_details(*again) != *text) std::abort();
  return 0;
}
