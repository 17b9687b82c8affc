#include "content/publish/job_watch.h"

#include <gtest/gtest.h>

#include <future>

namespace swarma::content::publish {
namespace {

/// Rows of jobs as the test says.
class Rows {
 public:
  void set(const std::string& id, std::int64_t version) {
    const std::lock_guard lock(mutex_);
    rows_[id] = version;
  }
  void remove(const std::string& id) {
    const std::lock_guard lock(mutex_);
    rows_.erase(id);
  }
  void set_reachable(bool reachable) {
    const std::lock_guard lock(mutex_);
    reachable_ = reachable;
  }
  Result<JobStatus> look(const std::string& id) {
    const std::lock_guard lock(mutex_);
    if (!reachable_) return fail(ErrorCode::Unavailable, "database_unavailable", "No.");
    const auto found = rows_.find(id);
    if (found == rows_.end()) return fail(ErrorCode::NotFound, "media_not_found", "No such job.");
    JobStatus status;
    status.id = id;
    status.version = found->second;
    return status;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::int64_t> rows_;
  bool reachable_ = true;
};

/// What one listener hears, in order.
class Heard {
 public:
  JobWatch::Listener listener(int enough = 1'000'000) {
    return [this, enough, until_dropped = std::shared_ptr<void>(nullptr, [this](void*) { dropped_.set_value(); })](
               const JobStatus& status) {
      const std::lock_guard lock(mutex_);
      versions_.push_back(status.version);
      changed_.notify_all();
      return static_cast<int>(versions_.size()) < enough;
    };
  }
  std::vector<std::int64_t> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(20), [&] { return versions_.size() >= count; });
    return versions_;
  }
  bool is_dropped() { return dropped_.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::int64_t> versions_;
  std::promise<void> dropped_;
};

using Versions = std::vector<std::int64_t>;

TEST(JobWatch, TellsWhatIsAndEveryChange) {
  Rows rows;
  Heard heard;
  rows.set("a", 1);
  JobWatch watch([&](const std::string& id) { return rows.look(id); });
  watch.add("a", heard.listener());
  EXPECT_EQ(heard.wait_for(1), Versions{1});
  rows.set("a", 2);
  watch.notify();
  EXPECT_EQ(heard.wait_for(2), (Versions{1, 2}));
  rows.set("a", 3);  // by another node, which notifies nobody here
  EXPECT_EQ(heard.wait_for(3), (Versions{1, 2, 3}));
}

TEST(JobWatch, ServesEachListenerByItself) {
  Rows rows;
  Heard first, second, other;
  rows.set("a", 1);
  rows.set("b", 7);
  JobWatch watch([&](const std::string& id) { return rows.look(id); });
  watch.add("a", first.listener(2));
  first.wait_for(1);
  watch.add("a", second.listener());
  watch.add("b", other.listener());
  EXPECT_EQ(second.wait_for(1), Versions{1});
  EXPECT_EQ(other.wait_for(1), Versions{7});
  rows.set("a", 2);
  watch.notify();
  EXPECT_EQ(first.wait_for(2), (Versions{1, 2}));
  EXPECT_TRUE(first.is_dropped());  // it had enough
  EXPECT_EQ(second.wait_for(2), (Versions{1, 2}));
  rows.set("a", 3);
  watch.notify();
  EXPECT_EQ(second.wait_for(3), (Versions{1, 2, 3}));
  EXPECT_EQ(first.wait_for(2), (Versions{1, 2}));
}

TEST(JobWatch, LetsGoOfAJobThatIsGone) {
  Rows rows;
  Heard heard;
  rows.set("a", 1);
  JobWatch watch([&](const std::string& id) { return rows.look(id); });
  watch.add("a", heard.listener());
  heard.wait_for(1);
  rows.remove("a");
  watch.notify();
  EXPECT_TRUE(heard.is_dropped());
}

TEST(JobWatch, WaitsForADatabaseThatComesBack) {
  Rows rows;
  Heard heard;
  rows.set("a", 1);
  rows.set_reachable(false);
  JobWatch watch([&](const std::string& id) { return rows.look(id); });
  watch.add("a", heard.listener());
  watch.notify();
  rows.set_reachable(true);
  EXPECT_EQ(heard.wait_for(1), Versions{1});
}

}  // namespace
}  // namespace swarma::content::publish
