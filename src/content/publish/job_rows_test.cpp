#include "content/publish/job_rows.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "content/publish/rows_testing.h"

namespace swarma::content::publish {
namespace {

constexpr std::chrono::seconds kLease{15};

class JobRowsTest : public testing::RowsTest {
 protected:
  JobRows node(const std::string& home) { return {**database_, clock_, home, kLease}; }
  void add(JobRows& node, const std::string& id) {
    JobStatus status;
    status.name = "Film " + id;
    ASSERT_TRUE(node.add(id, status, view("sealed " + id), {}));
  }
  static std::string claimed(JobRows& node) {
    const auto job = node.claim();
    EXPECT_TRUE(job) << job.error().message;
    return job && *job ? (*job)->id : "";
  }
  /// So many seconds, in which the node looks every second. What it takes over.
  std::string watch(JobRows& node, std::chrono::seconds time) {
    for (auto passed = std::chrono::seconds(0); passed < time; ++passed) {
      clock_.advance(std::chrono::seconds(1));
      if (std::string job = claimed(node); !job.empty()) return job;
    }
    return "";
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, JobRowsTest, ::testing::ValuesIn(db::testing::kEngines), db::testing::engine_name);

TEST_P(JobRowsTest, AJobAskedForAtOneNodeRunsAtAnotherAndIsSeenFromBoth) {
  JobRows a = node("a"), b = node("b");
  add(a, "1");
  const auto job = b.claim();
  ASSERT_TRUE(job && *job);
  EXPECT_EQ(as_text((*job)->sealed), "sealed 1");
  EXPECT_EQ((*job)->attempts, 1);
  EXPECT_EQ(claimed(a), "");
  JobStatus status = (*job)->status;
  const auto version = a.find("1").value()->version;
  status.stage = "package";
  status.fraction = 0.25;
  EXPECT_EQ(b.beat("1", write_status(status)), Lease::Held);
  const auto seen = a.find("1").value();
  EXPECT_EQ(seen->state, JobState::Working);
  EXPECT_EQ(seen->name, "Film 1");
  EXPECT_EQ(seen->fraction, 0.25);
  EXPECT_NE(seen->version, version);
  EXPECT_EQ(b.beat("1", std::nullopt), Lease::Held);
  EXPECT_EQ(a.find("1").value()->version, seen->version);  // a sign of life is no news
  status.state = JobState::Failed;
  status.error = Error{ErrorCode::Unsupported, "no_video", "There is no picture."};
  EXPECT_EQ(b.finish("1", status, Spool::Fate::Remove), true);
  EXPECT_EQ(a.list()->front().error->reason, "no_video");
  EXPECT_EQ(a.list()->front().error->code, ErrorCode::Unsupported);
  EXPECT_TRUE((*database_)->query("SELECT payload FROM work_items")->empty());  // it holds codes
}

TEST_P(JobRowsTest, TheJobOfADeadNodeIsTakenOverAndThenNoLongerItsOwn) {
  JobRows a = node("a"), b = node("b");
  add(a, "1");
  ASSERT_EQ(claimed(a), "1");
  EXPECT_EQ(claimed(b), "");
  EXPECT_EQ(watch(b, kLease - std::chrono::seconds(1)), "");
  ASSERT_EQ(a.beat("1", std::nullopt), Lease::Held);
  EXPECT_EQ(watch(b, kLease), "");  // it saw the beat a second later
  EXPECT_EQ(watch(b, std::chrono::seconds(1)), "1");
  EXPECT_EQ(a.beat("1", std::nullopt), Lease::Lost);
  JobStatus done;
  done.state = JobState::Done;
  EXPECT_EQ(a.finish("1", done, Spool::Fate::Remove), false);
  EXPECT_EQ(a.release("1", std::nullopt), false);
  EXPECT_EQ(b.find("1").value()->state, JobState::Working);
  EXPECT_EQ(b.beat("1", std::nullopt), Lease::Held);
}

TEST_P(JobRowsTest, WhoCouldNotLookTakesNothingOver) {
  JobRows a = node("a"), b = node("b");
  add(a, "1");
  ASSERT_EQ(claimed(a), "1");
  EXPECT_EQ(claimed(b), "");
  clock_.advance(10 * kLease);  // the database was away for both
  EXPECT_EQ(claimed(b), "");
  EXPECT_EQ(a.beat("1", std::nullopt), Lease::Held);
}

TEST_P(JobRowsTest, AClockSetForwardTakesNothingOver) {
  JobRows a = node("a"), b = node("b");
  add(a, "1");
  ASSERT_EQ(claimed(a), "1");
  EXPECT_EQ(claimed(b), "");
  clock_.set(std::chrono::days(31));
  EXPECT_EQ(claimed(b), "");
}

TEST_P(JobRowsTest, ARestartedNodeFindsItsJobsAtOnceAndNobodyElsesDo) {
  {
    JobRows a = node("a"), b = node("b");
    add(a, "1");
    add(a, "2");
    ASSERT_EQ(claimed(a), "1");
    ASSERT_EQ(claimed(b), "2");
  }
  JobRows a = node("a");
  ASSERT_TRUE(a.free_own());
  const auto job = a.claim();
  ASSERT_TRUE(job && *job);
  EXPECT_EQ((*job)->id, "1");
  EXPECT_EQ((*job)->attempts, 2);
  JobRows c = node("c");
  EXPECT_EQ(claimed(c), "");  // the other one is at work still
}

TEST_P(JobRowsTest, NoJobRunsTwice) {
  JobRows first = node("first");
  for (int i = 0; i < 20; ++i) add(first, std::to_string(i));
  std::atomic<int> claims{0};
  std::vector<std::thread> nodes;
  for (int n = 0; n < 4; ++n)
    nodes.emplace_back([&, n] {
      JobRows rows = node("node" + std::to_string(n));
      for (int idle = 0; idle < 3;) {
        const auto job = rows.claim();
        if (!job || !*job) {
          ++idle;
          continue;
        }
        ++claims;
        JobStatus status = (*job)->status;
        status.state = JobState::Done;
        EXPECT_EQ(rows.finish((*job)->id, status, Spool::Fate::Remove), true);
      }
    });
  for (std::thread& node : nodes) node.join();
  EXPECT_EQ(claims, 20);
}

TEST_P(JobRowsTest, AWaitingJobIsCancelledAtOnceAndARunningOneIsTold) {
  JobRows a = node("a"), b = node("b");
  add(a, "1");
  add(a, "2");
  ASSERT_EQ(claimed(a), "1");
  EXPECT_EQ(b.cancel("2"), JobState::Cancelled);
  JobRows c = node("c");
  EXPECT_EQ(claimed(c), "");
  EXPECT_EQ(b.cancel("1"), JobState::Working);
  EXPECT_EQ(a.beat("1", std::nullopt), Lease::Cancelled);
  EXPECT_EQ(watch(b, kLease), "");
  clock_.advance(std::chrono::seconds(1));
  const auto taken = b.claim();  // the word outlives the node that was told
  ASSERT_TRUE(taken && *taken);
  EXPECT_TRUE((*taken)->cancel);
  EXPECT_EQ(b.cancel("3").error().reason, "media_not_found");
}

TEST_P(JobRowsTest, WhatIsGivenBackWaitsForItsWorkerOnly) {
  JobRows a = node("a"), b = node("b");
  add(a, "1");
  ASSERT_EQ(claimed(a), "1");
  EXPECT_EQ(a.release("1", std::chrono::seconds(5)), true);
  EXPECT_EQ(claimed(a), "");
  clock_.advance(std::chrono::seconds(5));
  ASSERT_EQ(claimed(a), "1");
  EXPECT_EQ(a.release("1", std::nullopt), true);
  const auto job = b.claim();
  ASSERT_TRUE(job && *job);
  EXPECT_EQ((*job)->attempts, 2);  // a node that was stopped properly did not try
}

TEST_P(JobRowsTest, RemembersOnlySoMany) {
  JobRows a = node("a");
  for (std::size_t i = 0; i < kMaxJobs; ++i) add(a, std::to_string(i));
  JobStatus status;
  EXPECT_EQ(a.add("more", status, {}, {}).error().reason, "too_many_jobs");
  ASSERT_EQ(claimed(a), "0");
  status.state = JobState::Done;
  ASSERT_EQ(a.finish("0", status, Spool::Fate::Remove), true);
  EXPECT_TRUE(a.add("more", status, {}, {}));
  EXPECT_EQ(a.find("0").value(), std::nullopt);
}

TEST(JobRequest, SurvivesItsRow) {
  const JobRequest request{.upload_id = "u",
                           .name = "Name",
                           .summary = "Über",
                           .language = "de",
                           .tags = {"a", "b"},
                           .texts = {{"fr", {"Nom", "Résumé"}}},
                           .policy = "{}",
                           .codes = {{"list", {{.code = "popcorn", .max_uses = 2}}}},
                           .ladder = "copy",
                           .captions = {{"de", "c", "windows-1252"}, {"el", "g"}},
                           .poster_ms = 5,
                           .poster = "p",
                           .title_id = "t",
                           .nonce = "n"};
  const auto read = read_request(write_request(request));
  ASSERT_TRUE(read);
  EXPECT_EQ(write_request(*read), write_request(request));
  EXPECT_EQ(read->uploads(), (std::vector<std::string>{"u", "c", "g", "p"}));
  EXPECT_EQ(read->captions.front().encoding, "windows-1252");
  EXPECT_EQ(read_request("{}").error().reason, "job_unreadable");
}

}  // namespace
}  // namespace swarma::content::publish
