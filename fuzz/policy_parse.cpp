// A policy from outside: whatever is accepted has one canonical text, decides without trouble, and survives its own
// offer.
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "access/policy/evaluate.h"
#include "access/policy/offer.h"

using namespace swarma;
using namespace swarma::access::policy;

static void require(bool condition) {
  if (!condition) std::abort();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto policy = parse_policy_text(text);
  if (!policy) {
    require(policy.error().reason == "policy_invalid" && !policy.error().message.empty());
    return 0;
  }
  const auto again = parse_policy_text(policy->canonical());
  require(again && again->canonical() == policy->canonical());

  Facts facts;
  facts.now = Instant(1'800'000'000);
  facts.title = {100, 400'000, {"hd", "sd"}};
  facts.default_issuers = {"did:key:own"};
  for (const PathDecision& decision : evaluate(*policy, facts)) require(decision.met == decision.unmet.empty());
  for (const Path& path : policy->paths()) require(!describe_path(path, facts.title).empty());

  const auto offered = parse_offer_paths(offer_paths(*policy, facts.title, [](const Leaf&) { return true; }));
  require(offered && offered->size() == policy->paths().size());
  for (std::size_t i = 0; i < offered->size(); ++i) {
    require((*offered)[i].leaves.size() == policy->paths()[i].leaves.size());
    for (std::size_t k = 0; k < (*offered)[i].leaves.size(); ++k)
      require((*offered)[i].leaves[k].leaf.key == policy->paths()[i].leaves[k].key);
  }
  return 0;
}
