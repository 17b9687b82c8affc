#include "crypto/secret.h"

#include <gtest/gtest.h>

#include <memory>
#include <type_traits>

namespace swarma::crypto {
namespace {

TEST(Secret, ComparesAndIsFreshEachTime) {
  const SecretKey a = random_key();
  const SecretKey copy = a;
  EXPECT_TRUE(a == copy);
  EXPECT_FALSE(a == random_key());
}

TEST(Secret, HasNoTextForm) {
  static_assert(!std::is_convertible_v<SecretKey, std::string>);
  static_assert(!std::is_convertible_v<SecretKey, ByteView>);
}

TEST(Secret, IsWipedWhenItDies) {
  alignas(SecretKey) std::array<std::uint8_t, sizeof(SecretKey)> memory;
  memory.fill(0xaa);
  auto* const secret = new (memory.data()) SecretKey(random_key());
  std::destroy_at(secret);
  std::array<std::uint8_t, sizeof(SecretKey)> zero{};
  EXPECT_TRUE(equal_in_constant_time(memory, zero));
}

TEST(Secret, EqualityLooksAtEveryByteAndAtTheLength) {
  const Bytes bytes = {1, 2, 3};
  EXPECT_TRUE(equal_in_constant_time(bytes, Bytes{1, 2, 3}));
  EXPECT_FALSE(equal_in_constant_time(bytes, Bytes{1, 2, 4}));
  EXPECT_FALSE(equal_in_constant_time(bytes, Bytes{0, 2, 3}));
  EXPECT_FALSE(equal_in_constant_time(bytes, Bytes{1, 2}));
  EXPECT_TRUE(equal_in_constant_time({}, {}));
}

}  // namespace
}  // namespace swarma::crypto
