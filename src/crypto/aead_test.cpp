#include "crypto/aead.h"

#include <thread>

#include "base/random.h"
#include "crypto/vectors_testing.h"

namespace swarma::crypto {
namespace {

using testing::hex;
using testing::hex_exactly;
using testing::read_vectors;

TEST(Aead, OpensWhatItSealed) {
  const SecretKey key = random_key();
  Bytes sealed;
  aead_seal(key, Nonce{}, view("title, track, slot"), view("a film"), sealed);
  EXPECT_EQ(sealed.size(), 6 + kTagBytes);

  Bytes opened;
  ASSERT_TRUE(aead_open(key, Nonce{}, view("title, track, slot"), sealed, opened));
  EXPECT_EQ(as_text(opened), "a film");
}

TEST(Aead, AgreesWithWycheproof) {
  int checked = 0;
  for (const Json& group : read_vectors("wycheproof/aes_gcm_test.json")["testGroups"]) {
    if (group["keySize"] != 256 || group["ivSize"] != 96 || group["tagSize"] != 128) continue;
    for (const Json& test : group["tests"]) {
      const SecretKey key(hex_exactly<32>(test["key"]));
      const auto nonce = hex_exactly<12>(test["iv"]);
      Bytes expected = hex(test["ct"]);
      const Bytes tag = hex(test["tag"]);
      expected.insert(expected.end(), tag.begin(), tag.end());
      const bool valid = test["result"] == "valid";
      Bytes opened;
      EXPECT_EQ(aead_open(key, nonce, hex(test["aad"]), expected, opened).has_value(), valid) << test["tcId"];
      EXPECT_EQ(opened, valid ? hex(test["msg"]) : Bytes()) << test["tcId"];
      Bytes sealed;
      aead_seal(key, nonce, hex(test["aad"]), hex(test["msg"]), sealed);
      EXPECT_EQ(sealed == expected, valid) << test["tcId"];
      Bytes in_place = hex(test["msg"]);
      aead_seal_in_place(key, nonce, hex(test["aad"]), in_place);
      EXPECT_EQ(in_place, sealed) << test["tcId"];
      ++checked;
    }
  }
  EXPECT_GT(checked, 40);
}

TEST(Aead, RefusesEveryFlippedBit) {
  const SecretKey key = random_key();
  Bytes sealed;
  aead_seal(key, Nonce{}, view("context"), view("text"), sealed);
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    Bytes changed = sealed;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    Bytes opened = {1, 2, 3};
    const auto result = aead_open(key, Nonce{}, view("context"), changed, opened);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().reason, "decryption_failed");
    EXPECT_TRUE(opened.empty());
  }
}

TEST(Aead, RefusesOtherKeyNonceContextAndShortInput) {
  const SecretKey key = random_key();
  Bytes sealed;
  Bytes opened;
  aead_seal(key, Nonce{}, view("context"), view("text"), sealed);
  EXPECT_FALSE(aead_open(random_key(), Nonce{}, view("context"), sealed, opened));
  EXPECT_FALSE(aead_open(key, Nonce{1}, view("context"), sealed, opened));
  EXPECT_FALSE(aead_open(key, Nonce{}, view("contexT"), sealed, opened));
  EXPECT_FALSE(aead_open(key, Nonce{}, {}, sealed, opened));
  for (std::size_t length = 0; length < sealed.size(); ++length)
    EXPECT_FALSE(aead_open(key, Nonce{}, view("context"), ByteView(sealed).first(length), opened)) << length;
  EXPECT_TRUE(aead_open(key, Nonce{}, view("context"), sealed, opened)) << "a refusal leaves nothing behind";
}

TEST(Aead, SealsNothingAndReusesTheBuffer) {
  const SecretKey key = random_key();
  Bytes out(100'000);
  const auto* const place = out.data();
  aead_seal(key, Nonce{}, {}, {}, out);
  EXPECT_EQ(out.size(), kTagBytes);
  EXPECT_EQ(out.data(), place);
  Bytes opened;
  EXPECT_TRUE(aead_open(key, Nonce{}, {}, out, opened));
  EXPECT_TRUE(opened.empty());
}

TEST(Aead, ThreadsDoNotDisturbEachOther) {
  std::array<bool, 4> right{};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < right.size(); ++i)
    threads.emplace_back([&right, i] {
      bool all = true;
      for (int k = 0; k < 200; ++k) {
        const SecretKey key = random_key();
        Bytes sealed, opened;
        aead_seal(key, Nonce{}, {}, Bytes(1000, static_cast<std::uint8_t>(k)), sealed);
        all = all && aead_open(key, Nonce{}, {}, sealed, opened) && opened == Bytes(1000, static_cast<std::uint8_t>(k));
      }
      right[i] = all;
    });
  for (std::thread& thread : threads) thread.join();
  for (bool each : right) EXPECT_TRUE(each);
}

TEST(Wrap, IsBoundToItsContextAndNeverTheSameTwice) {
  const SecretKey key = random_key();
  const Bytes wrapped = wrap(key, "title secret", view("text"));
  EXPECT_EQ(as_text(unwrap(key, "title secret", wrapped).value()), "text");
  EXPECT_NE(wrapped, wrap(key, "title secret", view("text")));
  EXPECT_FALSE(unwrap(key, "master key", wrapped));
  EXPECT_FALSE(unwrap(random_key(), "title secret", wrapped));
  for (std::size_t length = 0; length < wrapped.size(); ++length)
    EXPECT_FALSE(unwrap(key, "title secret", ByteView(wrapped).first(length))) << length;
}

}  // namespace
}  // namespace swarma::crypto
