#include "content/publish/spool.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "base/random.h"
#include "content/publish/testing.h"

namespace swarma::content::publish {
namespace {

/// Runs `check` in a child process that has no descriptor left to open, and returns its exit code.
int run_without_descriptors(const std::function<int()>& check) {
  const pid_t child = ::fork();
  if (child == 0) {
    const int next = ::open("/dev/null", O_RDONLY);
    const rlimit none{static_cast<rlim_t>(next), static_cast<rlim_t>(next)};
    ::close(next);
    ::setrlimit(RLIMIT_NOFILE, &none);
    ::_exit(::open("/dev/null", O_RDONLY) >= 0 ? 99 : check());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Spool, KeepsWhatItCannotReadForTheMoment) {
  const testing::TemporaryFolder folder;
  const FakeClock clock(SystemClock().now());  // the age of an upload is that of its file
  auto spool = Spool::open(folder / "uploads", 1'000, clock);
  ASSERT_TRUE(spool);
  const auto upload = (*spool)->create(5, "film.mkv");
  ASSERT_TRUE(upload);
  ASSERT_TRUE((*spool)->append(upload->id, 0, view("bytes"))->complete());

  EXPECT_EQ(run_without_descriptors([&] {
              const auto found = (*spool)->find(upload->id);
              if (found || found.error().code != ErrorCode::Unavailable) return 1;
              if (const auto other = (*spool)->create(5, "other.mkv"); other) return 2;
              return 0;
            }),
            0);
  EXPECT_TRUE((*spool)->find(upload->id)->complete());
  EXPECT_TRUE(Spool::open(folder / "uploads", 1'000, clock).value()->find(upload->id)->complete());
  EXPECT_EQ((*spool)->find(to_hex(random_array<16>())).error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace swarma::content::publish
