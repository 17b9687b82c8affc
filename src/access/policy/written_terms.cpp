#include "access/policy/written_terms.h"

#include <nlohmann/json.hpp>

#include "access/policy/preset.h"

namespace swarma::access::policy {

Result<WrittenTerms> parse_written_terms(const Json& policy, const Json* codes) {
  if (policy.is_string()) {
    SWARMA_TRY(auto preset, parse_preset(policy.get<std::string>()));
    return WrittenTerms{preset.policy.canonical(), std::move(preset.codes)};
  }
  SWARMA_TRY(const auto parsed, parse_policy(policy));
  WrittenTerms terms{parsed.canonical(), {}};
  if (codes != nullptr) {
    SWARMA_TRY(terms.codes, title::read_codes(*codes));
    SWARMA_RETURN_IF_ERROR(title::check_codes(terms.codes));
  }
  return terms;
}

std::vector<std::string> remarks_on(const title::TitleRecord& record) {
  const auto policy = parse_policy_text(record.policy);
  if (!policy) return {};  // refused elsewhere
  return remarks(*policy, {record.slots, record.duration_ms, record.key_groups});
}

}  // namespace swarma::access::policy
