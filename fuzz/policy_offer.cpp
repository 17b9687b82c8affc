// An offer from a node that may lie.
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "access/policy/offer.h"

using namespace swarma;
using namespace swarma::access::policy;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto json = parse_json(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!json) return 0;
  const auto paths = parse_offer_paths(*json);
  if (!paths) {
    if (paths.error().reason != "offer_bad") std::abort();
    return 0;
  }
  for (const OfferedPath& path : *paths)
    for (const OfferedLeaf& leaf : path.leaves)
      if (leaf.leaf.key != leaf_key(leaf.leaf.requirement, leaf.leaf.params)) std::abort();
  return 0;
}
