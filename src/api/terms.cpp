#include "api/terms.h"

#include <nlohmann/json.hpp>

#include "access/policy/preset.h"

namespace swarma::api {

Result<Terms> parse_terms(const Json& policy, const Json* codes) {
  if (policy.is_string()) {
    SWARMA_TRY(const auto preset, access::policy::parse_preset(policy.get<std::string>()));
    Json lists = Json::object();
    for (const auto& [list, entries] : preset.codes)
      for (const auto& entry : entries) lists[list].push_back({{"code", entry.code}, {"max_uses", entry.max_uses}});
    return Terms{preset.policy.canonical(), lists.dump()};
  }
  SWARMA_TRY(const auto parsed, access::policy::parse_policy(policy));
  if (codes != nullptr && !codes->is_object())
    return fail(ErrorCode::BadRequest, "bad_member", "\"codes\" must be an object: list → codes.");
  return Terms{parsed.canonical(), codes != nullptr ? codes->dump() : "{}"};
}

std::vector<std::string> remarks_on(const title::TitleRecord& record) {
  const auto policy = access::policy::parse_policy_text(record.policy);
  if (!policy) return {};  // refused elsewhere
  return access::policy::remarks(*policy, {record.slots, record.duration_ms, record.key_groups});
}

}  // namespace swarma::api
