// The cursor of a search: what is accepted has one spelling.
#include <cstdlib>

#include "catalog/registry/search_index.h"

using namespace swarma::catalog::registry;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto position = parse_cursor(text);
  if (position && !text.empty() && write_cursor(*position) != text) std::abort();
  if (!position && position.error().reason != "bad_cursor") std::abort();
  return 0;
}
