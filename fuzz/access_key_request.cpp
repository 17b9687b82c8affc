// The body of a request for keys: whatever is accepted stays within its bounds.
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "access/grant/broker.h"
#include "crypto/key_tree.h"

using namespace swarma;
using namespace swarma::access;

static void require(bool condition) {
  if (!condition) std::abort();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto json = parse_json({reinterpret_cast<const char*>(data), size});
  if (!json) return 0;
  const auto request = grant::parse_key_request(*json);
  if (!request) {
    require(!request.error().reason.empty() && !request.error().message.empty());
    return 0;
  }
  require(request->slots.begin < request->slots.end && request->slots.end <= crypto::kMaxSlots);
  require(request->attestations.size() <= grant::kMaxAttestations &&
          request->key_groups.size() <= grant::kMaxKeyGroups);
  require(request->unlock.empty() || request->attestations.empty());
  require(request->viewer.empty() && !request->proof && !request->idempotency);
  return 0;
}
