#include "content/publish/jobs.h"

#include <gtest/gtest.h>

#include <future>

#include "content/publish/ports_testing.h"
#include "content/publish/rows_testing.h"
#include "crypto/aead.h"

namespace swarma::content::publish {
namespace {

class NoTitles final : public VisibleTitles {
 public:
  Result<VisibleTitle> get(const TitleId&) override {
    return fail(ErrorCode::NotFound, "title_not_found", "There is no such title.");
  }
};

class MediaJobsTest : public testing::RowsTest {
 protected:
  std::unique_ptr<events::Bus> bus_ = events::make_in_process_bus();

  void SetUp() override {
    RowsTest::SetUp();
    spool_ = open_spool(folder_ / "uploads", database());
    ASSERT_TRUE(spool_);
  }
  std::unique_ptr<MediaJobs> open() {
    auto jobs = MediaJobs::open(
        {.identity = identity_,
         .clock = clock_,
         .database = database(),
         .bus = *bus_,
         .spool = *spool_,
         .agent = {.signer = identity_.signing.did(), .encryption = identity_.decryption.encryption_key()},
         .make_sink = [] { return std::make_unique<testing::MemoryBlobSink>(); },
         .titles = titles_,
         .visible = visible_,
         .data_folder = folder_ / "data",
         .home = "a"});
    EXPECT_TRUE(jobs) << jobs.error().message;
    return *std::move(jobs);
  }
  std::string upload(std::string_view bytes, std::uint64_t length) {
    const auto upload = spool_->create(length, "film.mkv");
    EXPECT_TRUE(upload && spool_->append(upload->id, 0, view(bytes)));
    return upload->id;
  }
  static JobRequest request_for(const std::string& upload) {
    return {.upload_id = upload, .name = "A film", .policy = "{}", .codes = {{"friends", {{.code = "popcorn"}}}}};
  }
  /// The status with which it ends.
  static JobStatus end_of(MediaJobs& jobs, const std::string& id) {
    auto ended = std::make_shared<std::promise<JobStatus>>();
    auto status = ended->get_future();
    jobs.watch(id, [ended](const JobStatus& now) {
      if (now.is_over()) ended->set_value(now);
      return !now.is_over();
    });
    EXPECT_EQ(status.wait_for(std::chrono::seconds(60)), std::future_status::ready);
    return status.get();
  }

  testing::TemporaryFolder folder_;
  crypto::Identity identity_{crypto::SigningKey::generate(), crypto::DecryptionKey::generate(), crypto::random_key()};
  std::unique_ptr<Spool> spool_;
  testing::FakePublishPort titles_;
  NoTitles visible_;
};
INSTANTIATE_TEST_SUITE_P(Engines, MediaJobsTest, ::testing::ValuesIn(db::testing::kEngines), db::testing::engine_name);

TEST_P(MediaJobsTest, WhatIsNoFilmFailsWithAReasonAndIsForgotten) {
  const auto jobs = open();
  const std::string film = upload("no film", 7);
  const auto id = jobs->add(request_for(film));
  ASSERT_TRUE(id) << id.error().message;
  const JobStatus end = end_of(*jobs, *id);
  EXPECT_EQ(end.state, JobState::Failed);
  ASSERT_TRUE(end.error);
  EXPECT_EQ(end.error->reason, "not_media");
  EXPECT_EQ(jobs->get(*id)->name, "A film");
  EXPECT_EQ(jobs->list()->size(), 1u);
  EXPECT_EQ(spool_->film(film).error().reason, "upload_not_found");
  EXPECT_EQ(titles_.calls, 0);
}

TEST_P(MediaJobsTest, AFilmThatIsStillArrivingIsNotTaken) {
  const auto jobs = open();
  EXPECT_EQ(jobs->add(request_for(upload("no", 7))).error().reason, "upload_incomplete");
  EXPECT_EQ(jobs->list()->size(), 0u);
}

TEST_P(MediaJobsTest, AJobThatWasAskedForElsewhereIsTakenUp) {
  const std::string film = upload("no film", 7);
  JobRows other(database(), clock_, "b", std::chrono::seconds(30));
  const std::string text = write_request(request_for(film));
  JobStatus status;
  status.name = "A film";
  ASSERT_TRUE(other.add("1", status, crypto::wrap(identity_.master, kJobContext, view(text)), {film}));
  const auto jobs = open();
  EXPECT_EQ(end_of(*jobs, "1").error->reason, "not_media");
}

TEST_P(MediaJobsTest, UnknownJobsAreNotFound) {
  const auto jobs = open();
  EXPECT_EQ(jobs->get("1").error().reason, "media_not_found");
  EXPECT_EQ(jobs->cancel("1").error().reason, "media_not_found");
}

}  // namespace
}  // namespace swarma::content::publish
