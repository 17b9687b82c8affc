// Code lists from a stranger: what is accepted is bounded and reads back the same.
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "title/codes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace swarma;
  const auto json = parse_json(as_text({data, size}));
  if (!json) return 0;
  const auto codes = title::read_codes(*json);
  if (!codes) {
    if (codes.error().reason != "codes_bad") std::abort();
    return 0;
  }
  std::size_t total = 0;
  for (const auto& [list, entries] : *codes) total += entries.size();
  const auto again = title::read_codes(title::codes_json(*codes));
  if (total > title::kMaxCodes || !again || *again != *codes) std::abort();
  return 0;
}
