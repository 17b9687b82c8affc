#include "base/disk_reserve.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace swarma {
namespace {

// A disk that is really full is in tests/e2e-cli/full_disk_test.py.
struct DiskReserveTest : ::testing::Test {
  DiskReserveTest() { std::filesystem::create_directory(folder); }
  ~DiskReserveTest() override {
    std::error_code ec;
    std::filesystem::remove_all(folder, ec);
  }
  std::uintmax_t kept() const {
    std::error_code ec;
    const auto size = std::filesystem::file_size(folder / "disk-reserve", ec);
    return ec ? 0 : size;
  }
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("swarma-reserve-" + to_hex(random_array<8>()));
};

TEST_F(DiskReserveTest, IsTakenGivenAwayAndTakenAgain) {
  DiskReserve reserve(folder);
  EXPECT_FALSE(reserve.is_full());
  const auto taken = kept();
  EXPECT_GE(taken, 256u << 10);
  EXPECT_LE(taken, 16u << 20);
  reserve.release();
  EXPECT_EQ(kept(), 0u);
  reserve.look();
  EXPECT_EQ(kept(), taken);
  EXPECT_FALSE(reserve.is_full());
}

TEST_F(DiskReserveTest, AFailedWriteCountsUntilSomebodyMeasures) {
  DiskReserve reserve(folder);
  reserve.note_full();
  EXPECT_TRUE(reserve.was_full());
  EXPECT_FALSE(reserve.is_full()) << "there is room after all";
  EXPECT_FALSE(reserve.was_full());
}

TEST_F(DiskReserveTest, OneThatWasLeftIsKept) {
  {
    DiskReserve reserve(folder);
  }
  const auto taken = kept();
  EXPECT_GT(taken, 0u);
  DiskReserve reserve(folder);
  EXPECT_EQ(kept(), taken);
  EXPECT_FALSE(reserve.is_full());
}

}  // namespace
}  // namespace swarma
