#include "crypto/hash.h"

#include <thread>

#include "crypto/vectors_testing.h"

namespace swarma::crypto {
namespace {

using testing::hex;
using testing::read_vectors;

// FIPS 180-4 examples.
constexpr const char* kOfAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr const char* kOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

TEST(Sha256, NamesABlob) {
  EXPECT_EQ(blob_id_of(view("abc")).hex(), kOfAbc);
  EXPECT_EQ(to_hex(sha256({})), kOfNothing);
}

TEST(Sha256, InPiecesIsTheSameAndCanBeUsedAgain) {
  Sha256 hash;
  hash.update(view("a"));
  hash.update({});
  hash.update(view("bc"));
  EXPECT_EQ(to_hex(hash.finish()), kOfAbc);
  EXPECT_EQ(to_hex(hash.finish()), kOfNothing);
  hash.update(view("abc"));
  Sha256 moved = std::move(hash);
  EXPECT_EQ(to_hex(moved.finish()), kOfAbc);
}

TEST(Sha256, InterleavedUsesDoNotDisturbEachOther) {
  Sha256 first;
  Sha256 second;
  first.update(view("a"));
  second.update(view("x"));
  EXPECT_EQ(to_hex(sha256(view("abc"))), kOfAbc);
  first.update(view("bc"));
  EXPECT_EQ(to_hex(first.finish()), kOfAbc);
}

TEST(Sha256, ThreadsDoNotDisturbEachOther) {
  std::array<bool, 4> right{};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < right.size(); ++i)
    threads.emplace_back([&right, i] {
      bool all = true;
      for (int k = 0; k < 500; ++k) all = all && to_hex(sha256(view("abc"))) == kOfAbc;
      right[i] = all;
    });
  for (std::thread& thread : threads) thread.join();
  for (bool each : right) EXPECT_TRUE(each);
}

TEST(Hmac, AgreesWithWycheproof) {
  int checked = 0;
  for (const Json& group : read_vectors("wycheproof/hmac_sha256_test.json")["testGroups"])
    for (const Json& test : group["tests"]) {
      const Digest mac = hmac_sha256(hex(test["key"]), hex(test["msg"]));
      const Bytes tag = hex(test["tag"]);  // may be a truncated one
      const bool equal = std::equal(tag.begin(), tag.end(), mac.begin());
      EXPECT_EQ(equal, test["result"] == "valid") << test["tcId"];
      ++checked;
    }
  EXPECT_GT(checked, 100);
}

TEST(Hmac, HashesLongKeys) {  // RFC 4231, test case 6
  const Bytes key(131, 0xaa);
  EXPECT_EQ(to_hex(hmac_sha256(key, view("Test Using Larger Than Block-Size Key - Hash Key First"))),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hkdf, AgreesWithWycheproofWhereTheSaltIsEmpty) {
  int checked = 0;
  for (const Json& group : read_vectors("wycheproof/hkdf_sha256_test.json")["testGroups"])
    for (const Json& test : group["tests"]) {
      const Bytes key = hex(test["ikm"]);
      if (key.size() != 32 || !hex(test["salt"]).empty()) continue;
      const SecretKey out = hkdf_sha256(SecretKey(take_exactly<32>(key).value()), as_text(hex(test["info"])));
      const Bytes expected = hex(test["okm"]);  // a longer or shorter output begins with the same bytes
      const auto same = std::min<std::size_t>(expected.size(), 32);
      EXPECT_TRUE(
          std::equal(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(same), out.expose().begin()))
          << test["tcId"];
      ++checked;
    }
  EXPECT_GE(checked, 5);
}

}  // namespace
}  // namespace swarma::crypto
