#include "node/home.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/random.h"

namespace swarma::node {
namespace {

namespace fs = std::filesystem;

class Home : public ::testing::Test {
 protected:
  Home() : path_(fs::temp_directory_path() / ("swarma-home-" + to_hex(random_array<8>()))) {}
  ~Home() override { fs::remove_all(path_); }
  fs::path path_;
};

TEST_F(Home, BelongsToOneNodeAtATime) {
  std::string id;
  {
    const auto first = HomeLock::take(path_);
    ASSERT_TRUE(first) << first.error().message;
    id = first->id();
    const auto second = HomeLock::take(path_);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().reason, "data_in_use");
    EXPECT_NE(second.error().message.find(path_.string()), std::string::npos);
    EXPECT_NE(second.error().message.find("process " + std::to_string(::getpid())), std::string::npos);
  }
  const auto again = HomeLock::take(path_);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->id(), id);
}

TEST_F(Home, IsFreeAgainAfterAKill) {
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = HomeLock::take(path_);
    if (!lock || ::write(pipe[1], "x", 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  char byte = 0;
  ASSERT_EQ(::read(pipe[0], &byte, 1), 1);
  const auto refused = HomeLock::take(path_);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("process " + std::to_string(child)), std::string::npos);
  EXPECT_TRUE(HomeLock::take(path_));
  ::close(pipe[0]);
  ::close(pipe[1]);
}

TEST_F(Home, ACopyIsAnotherOne) {
  const auto original = HomeLock::take(path_);
  ASSERT_TRUE(original);
  const fs::path copy = path_ / "copy";
  fs::create_directory(copy);
  fs::copy_file(path_ / "node.lock", copy / "node.lock");
  const auto other = HomeLock::take(copy);
  ASSERT_TRUE(other);
  EXPECT_NE(other->id(), original->id());
}

TEST_F(Home, SaysWhenItCannotBeLocked) {
  ASSERT_TRUE(ensure_private_folder(path_));
  fs::create_directory(path_ / "node.lock");  // as unwritable as a read-only folder, also for root
  const auto lock = HomeLock::take(path_);
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().reason, "data_not_lockable");
  EXPECT_NE(lock.error().message.find(path_.string()), std::string::npos);
}

}  // namespace
}  // namespace swarma::node
