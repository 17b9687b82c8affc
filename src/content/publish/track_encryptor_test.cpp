#include "content/publish/track_encryptor.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "crypto/aead.h"

namespace swarma::content::publish {
namespace {

TitleKeys example_keys(Slot slots = 4) {
  TitleId::Raw raw;
  raw.fill(7);
  return {TitleId(raw), to_base64url(random_array<16>()), crypto::random_key(), slots};
}

Bytes sealed(TrackEncryptor& encryptor, Slot slot, std::string_view plaintext) {
  Bytes segment = to_bytes(plaintext);
  encryptor.take_seal(slot)(segment);
  return segment;
}

TEST(TrackEncryptor, SealsWhatTheProtocolSaysAndNothingElse) {
  const TitleKeys keys = example_keys();
  TrackEncryptor encryptor(keys, "sd", make_track_id("v480"));
  sealed(encryptor, 0, "first");
  const Bytes stored = sealed(encryptor, 1, "second");
  ASSERT_EQ(stored.size(), 6 + crypto::kTagBytes);

  // As a viewer does it, from the key tree alone.
  crypto::KeyRing ring(keys.slots);
  ASSERT_TRUE(ring.add({0, 0, crypto::group_root(keys.title_secret, "sd")}));
  const auto key = crypto::content_key(*ring.find_leaf(1), encryptor.track_id());
  const Bytes data = *title::segment_additional_data(keys.id, keys.salt, encryptor.track_id(), 1);
  Bytes plain;
  ASSERT_TRUE(crypto::aead_open(key, {}, data, stored, plain));
  EXPECT_EQ(as_text(plain), "second");

  const Bytes other_slot = *title::segment_additional_data(keys.id, keys.salt, encryptor.track_id(), 0);
  EXPECT_FALSE(crypto::aead_open(key, {}, other_slot, stored, plain));
}

TEST(TrackEncryptor, TheSameSlotOfTwoTracksHasTwoKeys) {
  const TitleKeys keys = example_keys();
  TrackEncryptor a(keys, "sd", make_track_id("v480")), b(keys, "sd", make_track_id("v480"));
  EXPECT_NE(sealed(a, 0, "same"), sealed(b, 0, "same"));
}

TEST(TrackEncryptor, TrackIdsAreFreshAndFitTheRecord) {
  EXPECT_NE(make_track_id("v720"), make_track_id("v720"));
  EXPECT_EQ(make_track_id("v720").substr(0, 5), "v720-");
  const TitleKeys keys = example_keys();
  for (const char* key : {"c-zh-Hant", "ä/../", "a-very-long-key-that-somebody-made-from-a-very-long-track-title"})
    EXPECT_TRUE(title::segment_additional_data(keys.id, keys.salt, make_track_id(key), 0)) << key;
}

using TrackEncryptorDeathTest = ::testing::Test;

TEST(TrackEncryptorDeathTest, AbortsWhenAKeyWouldMeetASecondPlaintext) {
  TrackEncryptor encryptor(example_keys(), "sd", make_track_id("v480"));
  SegmentSeal seal = encryptor.take_seal(0);
  Bytes first = to_bytes("first"), again = to_bytes("again");
  seal(first);
  EXPECT_DEATH(seal(again), "encryption_rule_broken");
  EXPECT_DEATH(encryptor.take_seal(0), "encryption_rule_broken");
  EXPECT_DEATH(encryptor.take_seal(2), "encryption_rule_broken");
}

TEST(TrackEncryptorDeathTest, AbortsBeyondTheFilm) {
  TrackEncryptor encryptor(example_keys(1), "sd", make_track_id("v480"));
  encryptor.take_seal(0);
  EXPECT_DEATH(encryptor.take_seal(1), "encryption_rule_broken");
}

}  // namespace
}  // namespace swarma::content::publish
