#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

#include "access/grant/key_agent.h"
#include "access/grant/prepared_titles.h"
#include "base/clock.h"
#include "base/random.h"

namespace swarma::access::grant {
namespace {

/// What the agent knows of a title: from the signed record and the sealed package, nothing from the broker.
struct OpenedTitle {
  std::string record_jws;
  title::TitleRecord record;
  policy::Policy policy;
  policy::TitleShape shape;
  std::string policy_hash;
  std::map<std::string, crypto::SecretKey> roots;  // by key group
};

std::unexpected<Error> outside(std::string message) {
  return fail(ErrorCode::Forbidden, "outside_scope", std::move(message));
}

Result<void> check_scope(const GrantOrder& order, const policy::ResolvedTerms& terms) {
  if (order.slots.empty() || !terms.slots.contains(order.slots))
    return outside("This way opens the slots " + std::to_string(terms.slots.begin) + " to " +
                   std::to_string(terms.slots.end) + ", and others were asked for.");
  if (order.slots.size() > terms.window_slots)
    return outside("One grant opens at most " + std::to_string(terms.window_slots) +
                   " slots: ask for fewer and roll on.");
  if (order.key_groups.empty()) return outside("No key group was asked for.");
  for (std::size_t i = 0; i < order.key_groups.size(); ++i) {
    const std::string& group = order.key_groups[i];
    if (std::find(terms.key_groups.begin(), terms.key_groups.end(), group) == terms.key_groups.end())
      return outside("This way does not open one of the key groups that were asked for.");
    if (std::find(order.key_groups.begin(), order.key_groups.begin() + static_cast<std::ptrdiff_t>(i), group) !=
        order.key_groups.begin() + static_cast<std::ptrdiff_t>(i))
      return outside("A key group was asked for twice.");
  }
  return {};
}

/// Begins with when it was made (4 bytes of seconds, 2 of a count), so that the rows of new unlocks lie together
/// in the database; the other 10 bytes are random.
std::string new_unlock_id(Instant now) {
  static std::atomic<std::uint16_t> count{0};
  auto id = random_array<16>();
  std::uint64_t time = (static_cast<std::uint64_t>(now.unix_s()) << 16) | count.fetch_add(1, std::memory_order_relaxed);
  for (std::size_t i = 6; i-- > 0; time >>= 8) id[i] = static_cast<std::uint8_t>(time);
  return to_base64url(id);
}

}  // namespace

struct LocalKeyAgent::Impl {
  const crypto::SigningKey& signing;
  const crypto::DecryptionKey& decryption;
  crypto::JweSealer sealer{};
  std::shared_mutex mutex{};
  std::unordered_map<TitleId, std::shared_ptr<const OpenedTitle>> titles{};

  Result<std::shared_ptr<const OpenedTitle>> open(const TitleId& title, const std::string& record,
                                                  const std::string& sealed) {
    {
      const std::shared_lock lock(mutex);
      const auto found = titles.find(title);
      // The whole text decides: the same revision published anew has other keys.
      if (found != titles.end() && found->second->record_jws == record) return found->second;
    }
    SWARMA_TRY(auto opened, open_anew(record, sealed, nullptr));
    if (opened->record.id != title)
      return fail(ErrorCode::Corrupt, "record_bad", "The record given to the key agent is of another title.");
    const std::unique_lock lock(mutex);
    if (titles.size() >= kMaxPreparedTitles && !titles.contains(title)) titles.erase(titles.begin());
    titles[title] = opened;
    return opened;
  }

  Result<std::shared_ptr<const OpenedTitle>> open_anew(const std::string& record_jws, const std::string& sealed,
                                                       title::CodeLists* codes) {
    SWARMA_TRY(const auto prepared, prepare_title({record_jws, {}}));
    const title::TitleRecord& record = prepared->record;
    if (!(record.agent.signer == signing.did()) || !(record.agent.encryption == decryption.encryption_key()))
      return fail(
          ErrorCode::Forbidden, "other_agent",
          "This title names another key agent than this node's: publish it to the node it is for, or with the word "
          "of its own agent (swarma publish --own-agent).");
    SWARMA_TRY(auto package, title::open_package(sealed, decryption, record.id, record.revision));
    auto opened = std::make_shared<OpenedTitle>(
        OpenedTitle{record_jws, record, prepared->policy, prepared->shape, prepared->policy_hash, {}});
    for (const std::string& group : record.key_groups)
      opened->roots.emplace(group, crypto::group_root(package.title_secret, group));
    if (codes != nullptr) *codes = std::move(package.codes);
    return opened;
  }

  /// The unlock that goes on: the agent's own signature says that it was made.
  Result<policy::GrantClaims> check_previous(const GrantOrder& order, const OpenedTitle& title) {
    SWARMA_TRY(auto previous, policy::verify_grant(order.previous, signing.did()));
    SWARMA_RETURN_IF_ERROR(policy::check_grant(
        previous, {title.record.id, title.record.revision, title.policy_hash, order.viewer, order.facts.now}, true));
    if (previous.path != order.path)
      return fail(ErrorCode::Forbidden, "grant_other_path",
                  "This unlock was made by another path than the one asked for.");
    return previous;
  }

  /// `until`: when what the viewer showed ends, if it does.
  Result<IssuedGrant> sign(const GrantOrder& order, const OpenedTitle& title, const policy::GrantTerms& terms,
                           std::optional<Expiry> until, const std::optional<policy::GrantClaims>& previous) {
    const Instant now = order.facts.now;
    policy::GrantClaims claims{.grant_id = {},
                               .unlock_id = {},
                               .title = title.record.id,
                               .revision = title.record.revision,
                               .slots = order.slots,
                               .key_groups = order.key_groups,
                               .keys = {},
                               .policy_hash = title.policy_hash,
                               .path = order.path,
                               .viewer = order.viewer,
                               .issued_at = now,
                               .watermark_salt = {}};
    claims.unlock_id = previous ? previous->unlock_id : new_unlock_id(now);
    claims.grant_id = claims.unlock_id + "." + to_base64url(random_array<12>());
    claims.unlock_until = previous ? previous->unlock_until : Expiry(now, terms.unlock_life);
    if (until) claims.unlock_until = std::min(claims.unlock_until, *until);
    if (terms.until) claims.unlock_until = std::min(claims.unlock_until, *terms.until);
    claims.expires_at = std::min(Expiry(now, terms.ttl), claims.unlock_until);
    claims.watermark_salt = to_base64url(random_array<16>());
    policy::KeyCovers covers;
    for (const std::string& group : order.key_groups)
      covers[group] = crypto::cover(title.roots.at(group), title.record.slots, order.slots);
    claims.keys = policy::seal_covers(claims.grant_id, covers, order.encryption_key, sealer);
    SWARMA_TRY(std::string jws, policy::sign_grant(claims, signing));
    return IssuedGrant{std::move(jws),    claims.grant_id,    claims.unlock_id, previous ? previous->grant_id : "",
                       claims.expires_at, claims.unlock_until};
  }
};

LocalKeyAgent::LocalKeyAgent(const crypto::SigningKey& signing, const crypto::DecryptionKey& decryption)
    : impl_(new Impl{signing, decryption}) {}
LocalKeyAgent::~LocalKeyAgent() = default;

Result<IssuedGrant> LocalKeyAgent::issue(const GrantOrder& order) {
  SWARMA_TRY(const auto title, impl_->open(order.title, *order.record, *order.sealed));
  if (title->record.revision != order.revision)
    return fail(ErrorCode::Conflict, "not_current_revision",
                "The key agent was asked for another revision than the record's.");
  const policy::Path* path = title->policy.find_path(order.path);
  if (path == nullptr) return fail(ErrorCode::BadRequest, "path_unknown", "The policy of this title has no such path.");
  policy::Facts facts = order.facts;
  facts.title = title->shape;
  std::optional<policy::GrantClaims> previous;
  if (!order.previous.empty()) {
    SWARMA_TRY(previous, impl_->check_previous(order, *title));
  }
  const auto decision =
      previous ? policy::evaluate_roll_on(*path, facts) : policy::evaluate_path(title->policy, *path, facts);
  if (!decision.met) return fail(ErrorCode::Forbidden, "policy_unmet", "The terms of this path are not met.");
  SWARMA_RETURN_IF_ERROR(check_scope(order, decision.terms));
  return impl_->sign(order, *title, path->grants, decision.until, previous);
}

Result<std::shared_ptr<const policy::Policy>> LocalKeyAgent::open_policy(const TitleId& title,
                                                                         const std::string& record_jws,
                                                                         const std::string& sealed) {
  SWARMA_TRY(const auto opened, impl_->open(title, record_jws, sealed));
  return std::shared_ptr<const policy::Policy>(opened, &opened->policy);
}

Result<title::CodeLists> LocalKeyAgent::accept(const std::string& record_jws, const std::string& sealed) {
  title::CodeLists codes;
  SWARMA_TRY(const auto opened, impl_->open_anew(record_jws, sealed, &codes));
  SWARMA_RETURN_IF_ERROR(policy::check_fits(opened->policy, opened->shape));
  return codes;
}

}  // namespace swarma::access::grant
