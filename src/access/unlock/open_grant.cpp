// What a viewer checks before using a grant.
#include <algorithm>

#include "access/unlock/unlock.h"

namespace swarma::access::unlock {
namespace {

std::unexpected<Error> forged(std::string why) {
  return fail(ErrorCode::Corrupt, "grant_forged",
              "This grant is not what the title's key agent should have made: " + std::move(why));
}

/// The nodes must be the minimal cover of the slots, no more, no fewer, in order: cover() of a stand-in root has the
/// shape.
Result<void> check_cover(const std::vector<crypto::TreeNode>& nodes, Slot slots, SlotRange range) {
  const auto shape = crypto::cover(crypto::SecretKey(), slots, range);
  const bool same = std::equal(nodes.begin(), nodes.end(), shape.begin(), shape.end(),
                               [](const auto& a, const auto& b) { return a.level == b.level && a.index == b.index; });
  if (!same) return forged("its keys do not cover exactly the slots it names.");
  return {};
}

}  // namespace

Result<Unlocked> open_grant(std::string_view jws, const title::TitleRecord& record, const Viewer& viewer, Instant now) {
  SWARMA_TRY(auto claims, policy::verify_grant(jws, record.agent.signer));
  SWARMA_RETURN_IF_ERROR(policy::check_grant(
      claims, {record.id, record.revision, title::policy_hash(record.policy), viewer.signing.jkt(), now}));
  if (claims.slots.empty() || claims.slots.end > record.slots)
    return forged("it names slots that the title does not have.");
  SWARMA_TRY(policy::KeyCovers covers, policy::open_covers(claims, viewer.decryption));
  if (covers.size() != claims.key_groups.size()) return forged("its keys are not those of its key groups.");
  for (const std::string& group : claims.key_groups) {
    const auto found = covers.find(group);
    const bool known = std::find(record.key_groups.begin(), record.key_groups.end(), group) != record.key_groups.end();
    if (found == covers.end() || !known) return forged("its keys are not those of its key groups.");
    SWARMA_RETURN_IF_ERROR(check_cover(found->second, record.slots, claims.slots));
  }
  return Unlocked{.grant_jws = std::string(jws), .grant = std::move(claims), .covers = std::move(covers)};
}

}  // namespace swarma::access::unlock
