#include "content/watch/viewer_keys.h"

#include <algorithm>

namespace swarma::content::watch {
namespace {

std::unexpected<Error> not_granted(std::string_view key_group, Slot slot) {
  return fail(ErrorCode::Forbidden, "slot_not_granted",
              "Your unlock does not open slot " + std::to_string(slot) + " of the key group \"" +
                  std::string(key_group) + "\".");
}

}  // namespace

bool is_end_of_grant(const Error& error) {
  return error.code == ErrorCode::Forbidden || error.code == ErrorCode::PaymentRequired ||
         error.code == ErrorCode::Conflict;
}

Result<void> ViewerKeys::add(const std::string& key_group, crypto::TreeNode node) {
  const std::lock_guard lock(mutex_);
  return rings_.try_emplace(key_group, slots_).first->second.add(std::move(node));
}

bool ViewerKeys::covers(std::string_view key_group, Slot slot) {
  const std::lock_guard lock(mutex_);
  if (is_over_ && is_over_()) rings_.clear();
  const auto ring = rings_.find(key_group);
  return slot < slots_ && ring != rings_.end() && ring->second.covers(slot);
}

bool ViewerKeys::any_covers(Slot slot) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(rings_.begin(), rings_.end(), [&](const auto& ring) { return ring.second.covers(slot); });
}

Result<void> ViewerKeys::ensure(std::string_view key_group, Slot slot) {
  if (slot >= slots_) return not_granted(key_group, slot);
  if (covers(key_group, slot)) return {};
  const std::lock_guard lock(ensure_mutex_);
  if (covers(key_group, slot)) return {};  // another thread got it meanwhile
  // What opened this slot for other groups left this one out: asking again would only use up a grant.
  if (!ensure_ || (left_out_.contains(key_group) && any_covers(slot))) return not_granted(key_group, slot);
  SWARMA_RETURN_IF_ERROR(ensure_(*this, {slot, slots_}));
  if (covers(key_group, slot)) return {};
  if (any_covers(slot)) left_out_.emplace(key_group);
  return not_granted(key_group, slot);
}

Result<crypto::SecretKey> ViewerKeys::content_key(std::string_view key_group, std::string_view track_id, Slot slot) {
  SWARMA_RETURN_IF_ERROR(ensure(key_group, slot));
  const std::lock_guard lock(mutex_);
  const auto ring = rings_.find(key_group);  // none: its time ended just now
  const auto leaf = ring == rings_.end() ? std::nullopt : ring->second.find_leaf(slot);
  if (!leaf) return not_granted(key_group, slot);
  return crypto::content_key(*leaf, track_id);
}

}  // namespace swarma::content::watch
