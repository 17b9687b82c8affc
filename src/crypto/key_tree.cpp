#include "crypto/key_tree.h"

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "crypto/hash.h"

namespace swarma::crypto {
namespace {

SecretKey child_key(const SecretKey& parent, bool right) {
  return hkdf_sha256(parent, right ? "swarma/1 right" : "swarma/1 left");
}

TreeNode child(const TreeNode& parent, bool right) {
  return {parent.level + 1, parent.index * 2 + (right ? 1u : 0u), child_key(parent.key, right)};
}

/// The slots under a node, of a tree of this depth.
SlotRange slots_under(const TreeNode& node, unsigned depth) {
  const unsigned height = depth - node.level;
  return {node.index << height, (node.index + 1) << height};
}

/// Collects the topmost nodes whose slots all lie in `range`; visits at most two nodes of each level that are not
/// taken.
void collect(const TreeNode& node, unsigned depth, SlotRange range, std::vector<TreeNode>& out) {
  const SlotRange under = slots_under(node, depth);
  if (range.contains(under)) {
    out.push_back(node);
    return;
  }
  const Slot middle = under.begin + under.size() / 2;
  if (range.begin < middle) collect(child(node, false), depth, range, out);
  if (range.end > middle) collect(child(node, true), depth, range, out);
}

}  // namespace

unsigned tree_depth(Slot slots) {
  if (slots < 1 || slots > kMaxSlots) std::abort();
  return static_cast<unsigned>(std::bit_width(slots - 1));
}

SecretKey group_root(const SecretKey& title_secret, std::string_view group) {
  return hkdf_sha256(title_secret, "swarma/1 group " + std::string(group));
}

std::vector<TreeNode> cover(const SecretKey& root, Slot slots, SlotRange range) {
  if (range.empty() || range.end > slots) std::abort();
  std::vector<TreeNode> out;
  const unsigned depth = tree_depth(slots);
  out.reserve(2 * depth + 1);
  collect(TreeNode{0, 0, root}, depth, range, out);
  return out;
}

SecretKey content_key(const SecretKey& leaf, std::string_view track_id) {
  return hkdf_sha256(leaf, "swarma/1 track " + std::string(track_id));
}

Result<void> KeyRing::add(TreeNode node) {
  if (node.level > depth_ || node.index >> node.level != 0 || slots_under(node, depth_).begin >= slots_)
    return fail(ErrorCode::BadRequest, "bad_tree_node", "A key was given for a place outside this title's key tree.");
  const SlotRange under = slots_under(node, depth_);
  const auto holds = [&](const TreeNode& held) { return slots_under(held, depth_).contains(under); };
  const auto held = std::find_if(nodes_.begin(), nodes_.end(), holds);
  if (held != nodes_.end() && held->level < node.level) return {};  // derivable already
  std::erase_if(nodes_, [&](const TreeNode& other) { return under.contains(slots_under(other, depth_)); });
  nodes_.push_back(std::move(node));
  path_.clear();
  return {};
}

std::optional<SecretKey> KeyRing::find_leaf(Slot slot) {
  if (slot >= slots_) return std::nullopt;
  const auto above = [&](const TreeNode& node) { return slots_under(node, depth_).contains(slot); };
  while (!path_.empty() && !above(path_.back())) path_.pop_back();
  if (path_.empty()) {
    const auto held = std::find_if(nodes_.begin(), nodes_.end(), above);
    if (held == nodes_.end()) return std::nullopt;
    path_.push_back(*held);
  }
  while (path_.back().level < depth_) {
    const unsigned height = depth_ - path_.back().level;
    path_.push_back(child(path_.back(), ((slot >> (height - 1)) & 1u) != 0));
  }
  return path_.back().key;
}

bool KeyRing::covers(Slot slot) const {
  return slot < slots_ && std::any_of(
                              nodes_.begin(), nodes_.end(),
                              [&](const TreeNode& node) { return slots_under(node, depth_).contains(slot); });
}

}  // namespace swarma::crypto
