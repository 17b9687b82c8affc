#include "crypto/key_tree.h"

#include <gtest/gtest.h>

#include <set>

#include "crypto/hash.h"

namespace swarma::crypto {
namespace {

SecretKey key_of(std::uint8_t fill) {
  std::array<std::uint8_t, 32> bytes{};
  bytes.fill(fill);
  return SecretKey(bytes);
}

KeyRing whole(const SecretKey& root, Slot slots) {
  KeyRing ring(slots);
  EXPECT_TRUE(ring.add({0, 0, root}));
  return ring;
}

TEST(KeyTree, AGrantOpensItsSlotsAndNoOther) {
  const SecretKey root = group_root(random_key(), "sd");
  KeyRing creator = whole(root, 30);

  KeyRing viewer(30);
  for (TreeNode& node : cover(root, 30, {4, 17})) ASSERT_TRUE(viewer.add(std::move(node)));

  EXPECT_EQ(viewer.find_leaf(4), creator.find_leaf(4));
  EXPECT_EQ(viewer.find_leaf(16), creator.find_leaf(16));
  EXPECT_FALSE(viewer.find_leaf(3));
  EXPECT_FALSE(viewer.find_leaf(17));
}

TEST(KeyTree, EveryRangeOfSmallTreesIsCoveredExactly) {
  const SecretKey root = random_key();
  for (Slot slots : {1u, 2u, 3u, 5u, 8u, 13u, 16u, 17u}) {
    KeyRing all = whole(root, slots);
    std::vector<SecretKey> leaves;
    for (Slot slot = 0; slot < slots; ++slot) leaves.push_back(all.find_leaf(slot).value());
    for (Slot begin = 0; begin < slots; ++begin)
      for (Slot end = begin + 1; end <= slots; ++end) {
        KeyRing ring(slots);
        for (const TreeNode& node : cover(root, slots, {begin, end})) ASSERT_TRUE(ring.add(node));
        for (Slot slot = 0; slot < slots; ++slot) {
          const bool inside = slot >= begin && slot < end;
          EXPECT_EQ(ring.covers(slot), inside) << slots << ": " << begin << ".." << end << " at " << slot;
          const auto leaf = ring.find_leaf(slot);
          ASSERT_EQ(leaf.has_value(), inside);
          if (inside) EXPECT_TRUE(*leaf == leaves[slot]);
        }
      }
  }
}

/// The fewest nodes whose slots together are exactly the range, by trying every aligned block from the left.
std::size_t fewest_nodes(SlotRange range) {
  std::size_t count = 0;
  for (Slot at = range.begin; at < range.end; ++count) {
    Slot block = 1;
    while (at % (block * 2) == 0 && at + block * 2 <= range.end) block *= 2;
    at += block;
  }
  return count;
}

TEST(KeyTree, TheCoverIsMinimalOrderedAndDisjoint) {
  const SecretKey root = random_key();
  for (Slot slots : {1u, 2u, 7u, 16u, 33u, 64u}) {
    const unsigned depth = tree_depth(slots);
    for (Slot begin = 0; begin < slots; ++begin)
      for (Slot end = begin + 1; end <= slots; ++end) {
        const auto nodes = cover(root, slots, {begin, end});
        EXPECT_EQ(nodes.size(), fewest_nodes({begin, end})) << slots << ": " << begin << ".." << end;
        EXPECT_LE(nodes.size(), std::max(1u, 2 * depth));
        Slot at = begin;
        for (const TreeNode& node : nodes) {
          ASSERT_EQ(node.index << (depth - node.level), at);
          at += 1u << (depth - node.level);
        }
        EXPECT_EQ(at, end);
      }
  }
}

TEST(KeyTree, DerivationsAreTheDocumentedOnes) {
  const SecretKey secret = key_of(7);
  EXPECT_TRUE(group_root(secret, "hd") == hkdf_sha256(secret, "swarma/1 group hd"));
  const SecretKey root = group_root(secret, "hd");
  const SecretKey leaf = hkdf_sha256(hkdf_sha256(root, "swarma/1 left"), "swarma/1 right");
  EXPECT_TRUE(whole(root, 4).find_leaf(1) == leaf);
  EXPECT_TRUE(content_key(leaf, "v720") == hkdf_sha256(leaf, "swarma/1 track v720"));
}

TEST(KeyTree, KeysDifferBySlotTrackAndGroup) {
  const SecretKey secret = random_key();
  std::set<std::string> seen;
  for (const char* group : {"sd", "hd"}) {
    KeyRing ring = whole(group_root(secret, group), 8);
    for (Slot slot = 0; slot < 8; ++slot)
      for (const char* track : {"v720", "a-en"})
        seen.insert(to_hex(content_key(ring.find_leaf(slot).value(), track).expose()));
  }
  EXPECT_EQ(seen.size(), 2u * 8 * 2);
}

TEST(KeyTree, DepthIsTheCeilingOfTheLogarithm) {
  EXPECT_EQ(tree_depth(1), 0u);
  EXPECT_EQ(tree_depth(2), 1u);
  EXPECT_EQ(tree_depth(3), 2u);
  EXPECT_EQ(tree_depth(4), 2u);
  EXPECT_EQ(tree_depth(5), 3u);
  EXPECT_EQ(tree_depth(kMaxSlots), 20u);
}

TEST(KeyTree, TheLargestTreeWorksAtItsEdges) {
  const SecretKey root = random_key();
  KeyRing all = whole(root, kMaxSlots);
  const auto nodes = cover(root, kMaxSlots, {1, kMaxSlots - 1});
  EXPECT_EQ(nodes.size(), 38u);
  KeyRing ring(kMaxSlots);
  for (const TreeNode& node : nodes) ASSERT_TRUE(ring.add(node));
  EXPECT_EQ(ring.find_leaf(kMaxSlots - 2), all.find_leaf(kMaxSlots - 2));
  EXPECT_FALSE(ring.find_leaf(kMaxSlots - 1));
  EXPECT_FALSE(ring.find_leaf(kMaxSlots));
  EXPECT_FALSE(ring.find_leaf(~Slot{0}));
}

TEST(KeyRing, RefusesNodesOutsideTheTree) {
  KeyRing ring(5);  // depth 3, leaves 5 to 7 do not exist
  EXPECT_FALSE(ring.add({4, 0, random_key()}));
  EXPECT_FALSE(ring.add({0, 1, random_key()}));
  EXPECT_FALSE(ring.add({3, 8, random_key()}));
  EXPECT_FALSE(ring.add({3, 5, random_key()}));
  EXPECT_FALSE(ring.add({2, 3, random_key()}));
  EXPECT_FALSE(ring.add({40, 0, random_key()}));
  EXPECT_FALSE(ring.add({3, ~Slot{0}, random_key()}));
  EXPECT_TRUE(ring.add({2, 2, random_key()}));
}

TEST(KeyRing, GrowsByRollingGrantsInAnyOrder) {
  const SecretKey root = random_key();
  KeyRing all = whole(root, 40);
  KeyRing ring(40);
  for (SlotRange range : {SlotRange{20, 30}, SlotRange{0, 10}, SlotRange{5, 25}, SlotRange{0, 40}, SlotRange{3, 4}}) {
    for (const TreeNode& node : cover(root, 40, range)) ASSERT_TRUE(ring.add(node));
    for (Slot slot = range.begin; slot < range.end; ++slot) EXPECT_EQ(ring.find_leaf(slot), all.find_leaf(slot));
  }
}

TEST(KeyRing, AnswersInAnyOrder) {
  const SecretKey root = random_key();
  for (Slot slot : {9u, 0u, 8u, 8u, 1u, 9u}) {
    KeyRing fresh = whole(root, 10);
    KeyRing walked = whole(root, 10);
    for (Slot before : {3u, 9u, 0u}) ASSERT_TRUE(walked.find_leaf(before));
    EXPECT_EQ(walked.find_leaf(slot), fresh.find_leaf(slot));
  }
}

TEST(KeyRing, ANewerNodeAtTheSamePlaceReplaces) {
  KeyRing ring(2);
  ASSERT_TRUE(ring.add({0, 0, key_of(1)}));
  ASSERT_TRUE(ring.find_leaf(0));
  ASSERT_TRUE(ring.add({0, 0, key_of(2)}));
  EXPECT_TRUE(ring.find_leaf(0) == hkdf_sha256(key_of(2), "swarma/1 left"));
}

}  // namespace
}  // namespace swarma::crypto
