// JSON from a stranger: what is parsed has one canonical form, and that form reads back as the same value.
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace swarma;
  const auto value = parse_json(as_text({data, size}));
  if (!value) return 0;
  const auto canonical = canonical_json(*value);
  if (!canonical) return 0;  // integers beyond 2^53
  const auto again = parse_json(*canonical);
  if (!again) std::abort();
  const auto second =
      canonical_json(*again);  // 0.5e18 is written as an integer beyond 2^53, which has no form any more
  if (second && *second != *canonical) std::abort();
  return 0;
}
