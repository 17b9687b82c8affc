#include "api/terms.h"

#include <nlohmann/json.hpp>

#include "access/policy/preset.h"

namespace swarma::api {

Result<Terms> parse_terms(const Json& policy, const Json* codes) {
  if (policy.is_string()) {
    SWARMA_TRY(auto preset, access::policy::parse_preset(policy.get<std::string>()));
    return Terms{preset.policy.canonical(), std::move(preset.codes)};
  }
  SWARMA_TRY(const auto parsed, access::policy::parse_policy(policy));
  Terms terms{parsed.canonical(), {}};
  if (codes != nullptr) {
    SWARMA_TRY(terms.codes, title::read_codes(*codes));
  }
  return terms;
}

std::vector<std::string> remarks_on(const title::TitleRecord& record) {
  const auto policy = access::policy::parse_policy_text(record.policy);
  if (!policy) return {};  // refused elsewhere
  return access::policy::remarks(*policy, {record.slots, record.duration_ms, record.key_groups});
}

}  // namespace swarma::api
