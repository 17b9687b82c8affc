#include "base/ids.h"

#include <gtest/gtest.h>

#include <unordered_set>

namespace swarma {
namespace {

TEST(BlobId, IsTheHexOfADigest) {
  const std::string hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  const auto id = BlobId::parse(hex);
  ASSERT_TRUE(id);
  EXPECT_EQ(id->hex(), hex);
  EXPECT_EQ(*id, BlobId(id->digest()));
}

TEST(BlobId, RefusesOtherTexts) {
  const std::string hex(64, 'a');
  for (const std::string& bad :
       {std::string(), hex.substr(1), hex + "a", "A" + hex.substr(1), "g" + hex.substr(1), hex + ".m4s", "../" + hex})
    EXPECT_EQ(BlobId::parse(bad).error().reason, "bad_blob_id") << bad;
}

TEST(TitleId, IsTwentySixCharacters) {
  TitleId::Raw raw{};
  raw[0] = 0xff;
  const TitleId id(raw);
  EXPECT_EQ(id.text().size(), 26u);
  EXPECT_EQ(TitleId::parse(id.text()).value(), id);
}

TEST(TitleId, RefusesOtherTexts) {
  const std::string text = TitleId(TitleId::Raw{}).text();
  for (const std::string& bad : {std::string(), text.substr(1), text + "a", "A" + text.substr(1), "1" + text.substr(1),
                                 text.substr(1) + "b"})  // 26 characters hold 130 bits: the last two must be zero
    EXPECT_EQ(TitleId::parse(bad).error().reason, "bad_title_id") << bad;
}

TEST(Ids, CanBeKeysOfAHashTable) {
  std::unordered_set<TitleId> titles;
  std::unordered_set<BlobId> blobs;
  for (std::uint8_t i = 0; i < 10; ++i) {
    TitleId::Raw raw{};
    raw[0] = static_cast<std::uint8_t>(i / 2);
    titles.insert(TitleId(raw));
    BlobId::Digest digest{};
    digest[31] = static_cast<std::uint8_t>(i / 2);
    blobs.insert(BlobId(digest));
  }
  EXPECT_EQ(titles.size(), 5u);
  EXPECT_EQ(blobs.size(), 5u);
}

TEST(SlotRange, IsHalfOpen) {
  const SlotRange range{4, 8};
  EXPECT_EQ(range.size(), 4u);
  EXPECT_TRUE(range.contains(4));
  EXPECT_FALSE(range.contains(8));
  EXPECT_TRUE(range.contains(SlotRange{5, 8}));
  EXPECT_FALSE(range.contains(SlotRange{5, 9}));
  EXPECT_TRUE((SlotRange{8, 4}).empty());
  EXPECT_EQ((SlotRange{8, 4}).size(), 0u);
}

}  // namespace
}  // namespace swarma
