// The key tree (docs/reference/protocol.md): a GGM tree (Goldreich, Goldwasser, Micali 1986) over the slots of one key
// group.
//
//   group root   = HKDF-SHA256(title secret, "swarma/1 group " ‖ group name)
//   child        = HKDF-SHA256(parent, "swarma/1 left" | "swarma/1 right")
//   CEK(track,s) = HKDF-SHA256(leaf s, "swarma/1 track " ‖ track id)
//
// The tree of a title with n slots has depth ceil(log2 n) (0 for one slot); leaf s is slot s. A grant for [a, b)
// carries the at most 2·depth nodes that cover exactly that range; from them no key outside it can be computed.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "crypto/secret.h"

namespace swarma::crypto {

inline constexpr Slot kMaxSlots = 1u << 20;  // 48 days of 4 s segments; bounds every loop over a tree

/// Depth of the tree over `slots` leaves. Precondition: 1 <= slots <= kMaxSlots.
unsigned tree_depth(Slot slots);

/// An inner node or leaf: `level` 0 is the root, `index` counts nodes of that level from the left.
struct TreeNode {
  unsigned level = 0;
  Slot index = 0;
  SecretKey key;
};

SecretKey group_root(const SecretKey& title_secret, std::string_view group);

/// The minimal cover of `range`, from left to right. Precondition: range within [0, slots), not empty.
std::vector<TreeNode> cover(const SecretKey& root, Slot slots, SlotRange range);

/// Content key of (track, slot) from a leaf key.
SecretKey content_key(const SecretKey& leaf, std::string_view track_id);

/// Keys of one group as its holder has them: the whole tree (root) or what grants gave. Derives leaves; keeps the path
/// to the last one, so that walking forward costs about one derivation a slot. Not safe for concurrent use.
class KeyRing {
 public:
  explicit KeyRing(Slot slots) : depth_(tree_depth(slots)), slots_(slots) {}
  /// BadRequest if the node lies outside the tree.
  Result<void> add(TreeNode node);
  /// Leaf key, or nothing when no held node covers the slot.
  std::optional<SecretKey> find_leaf(Slot slot);
  bool covers(Slot slot) const;

 private:
  unsigned depth_;
  Slot slots_;
  std::vector<TreeNode> nodes_;
  std::vector<TreeNode> path_;  // from a held node down to the last leaf
};

}  // namespace swarma::crypto
