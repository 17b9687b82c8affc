// The body of a request for a pass: whatever is accepted stays within its bounds.
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "access/grant/pass_desk.h"
#include "access/pass/holder.h"

using namespace swarma;
using namespace swarma::access;

static void require(bool condition) {
  if (!condition) std::abort();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto json = parse_json({reinterpret_cast<const char*>(data), size});
  if (!json) return 0;
  const auto request = grant::parse_pass_request(*json);
  if (!request) {
    require(!request.error().reason.empty() && !request.error().message.empty());
    return 0;
  }
  require(request->attestations.size() <= grant::kMaxPassAttestations);
  require(request->holder_proof.size() <= pass::kMaxHolderProofBytes);
  require(request->viewer.empty() && request->base_url.empty() && request->body.empty());
  return 0;
}
