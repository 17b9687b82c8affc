// The keys a viewer holds of one title: what its grants opened so far.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "crypto/key_tree.h"

namespace swarma::content::watch {

class ViewerKeys;

/// Adds keys for at least the first slot of `wanted` (one grant more). A refusal that no retry changes is Forbidden,
/// PaymentRequired, Conflict or TooMany: there the film ends for this viewer. Any other error is trouble.
using EnsureSlots = std::function<Result<void>(ViewerKeys& keys, SlotRange wanted)>;

/// Safe for concurrent use.
class ViewerKeys {
 public:
  /// `ensure` may be empty: what was added is all there is. It is called by one thread at a time, and may call add().
  /// `is_over` says that the keys held are good no longer, as their grants have expired: then they are let go of, and
  /// asked for anew. Called by any thread; empty: they stay good.
  explicit ViewerKeys(Slot slots, EnsureSlots ensure = {}, std::function<bool()> is_over = {})
      : slots_(slots), ensure_(std::move(ensure)), is_over_(std::move(is_over)) {}

  Result<void> add(const std::string& key_group, crypto::TreeNode node);
  bool covers(std::string_view key_group, Slot slot);
  Slot slots() const { return slots_; }

  /// Asks for a grant when the slot is not covered, but not again for a group that grants of these slots leave out.
  /// Forbidden ("slot_not_granted") when there is no way to get one.
  Result<void> ensure(std::string_view key_group, Slot slot);
  /// Content key of (track, slot), asking for a grant if needed.
  Result<crypto::SecretKey> content_key(std::string_view key_group, std::string_view track_id, Slot slot);

 private:
  bool any_covers(Slot slot) const;

  Slot slots_;
  EnsureSlots ensure_;
  std::function<bool()> is_over_;
  mutable std::mutex mutex_;  // of rings_
  std::map<std::string, crypto::KeyRing, std::less<>> rings_;
  std::mutex ensure_mutex_;                      // one grant at a time
  std::set<std::string, std::less<>> left_out_;  // groups that a grant of ours did not open
};

/// True for the errors with which the granted part of a film ends; false for trouble that may pass, such as "wait".
bool is_end_of_grant(const Error& error);

}  // namespace swarma::content::watch
