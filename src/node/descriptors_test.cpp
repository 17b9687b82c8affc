#include "node/descriptors.h"

#include <gtest/gtest.h>

namespace swarma::node {
namespace {

constexpr DescriptorNeeds kDefaults{.connections = 20'000, .loops = 2, .workers = 4, .database_connections = 4};

TEST(Descriptors, NeverAddUpToMoreThanThereAre) {
  for (std::size_t limit = 600; limit < 100'000; limit += 37) {
    const auto budget = share_descriptors(limit, kDefaults);
    ASSERT_TRUE(budget) << limit;
    EXPECT_LT(budget->reserved + budget->cached_blobs + budget->transfers + budget->connections, limit);
    EXPECT_GE(budget->connections, 32u);
    EXPECT_LE(budget->connections, kDefaults.connections);
  }
}

TEST(Descriptors, GiveTheOperatorWhatTheyAskForWhereThereIsEnough) {
  EXPECT_EQ(share_descriptors(50'000, kDefaults)->connections, 20'000u);
  EXPECT_EQ(
      share_descriptors(50'000, {.connections = 5, .loops = 1, .workers = 1, .database_connections = 1})->connections,
      5u);
}

TEST(Descriptors, RefuseWhereEvenASmallNodeDoesNotFit) {
  const auto budget = share_descriptors(300, kDefaults);
  ASSERT_FALSE(budget);
  EXPECT_EQ(budget.error().reason, "too_few_files");
  EXPECT_NE(budget.error().message.find("ulimit -n"), std::string::npos);
}

}  // namespace
}  // namespace swarma::node
