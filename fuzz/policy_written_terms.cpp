// Terms as clients write them: what is accepted is a policy in its one spelling, and codes that can be sealed.
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "access/policy/policy.h"
#include "access/policy/written_terms.h"

using namespace swarma;
using namespace swarma::access;

static void require(bool condition) {
  if (!condition) std::abort();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto json = parse_json({reinterpret_cast<const char*>(data), size});
  if (!json || !json->is_object() || !json->contains("policy")) return 0;
  const auto terms =
      policy::parse_written_terms((*json)["policy"], json->contains("codes") ? &(*json)["codes"] : nullptr);
  if (!terms) {
    require(!terms.error().reason.empty() && !terms.error().message.empty());
    return 0;
  }
  const auto policy = policy::parse_policy_text(terms->policy);
  require(policy && policy->canonical() == terms->policy);
  for (const auto& [list, codes] : terms->codes)
    for (const title::Code& code : codes)
      require(code.code.size() >= title::kMinCodeLength && code.code.size() <= title::kMaxCodeLength);
  return 0;
}
