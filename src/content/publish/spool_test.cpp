#include "content/publish/spool.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <thread>

#include "base/random.h"
#include "content/publish/ports_testing.h"
#include "content/publish/rows_testing.h"

namespace swarma::content::publish {
namespace {

namespace fs = std::filesystem;

class SpoolTest : public testing::RowsTest {
 protected:
  void SetUp() override {
    RowsTest::SetUp();
    spool_ = open_spool(database());
    ASSERT_TRUE(spool_);
  }
  std::unique_ptr<Spool> open_spool(db::Database& database) {
    return RowsTest::open_spool(folder_ / "uploads", database);
  }
  fs::path file_of(const std::string& id) { return folder_ / "uploads" / id; }

  testing::TemporaryFolder folder_;
  std::unique_ptr<Spool> spool_;
};
INSTANTIATE_TEST_SUITE_P(Engines, SpoolTest, ::testing::ValuesIn(db::testing::kEngines), db::testing::engine_name);

TEST_P(SpoolTest, AnUploadBegunAtOneNodeGoesOnAtAnother) {
  const auto other_database = db::Database::open(database_->url(), 1);
  const auto other = open_spool(**other_database);
  const auto upload = spool_->create(9, "film\xff.mkv");
  ASSERT_TRUE(upload) << upload.error().message;
  EXPECT_EQ(other->get(upload->id)->offset, 0u);
  EXPECT_EQ(spool_->append(upload->id, 0, view("one"))->offset, 3u);
  EXPECT_EQ(other->append(upload->id, 0, view("two")).error().reason, "upload_offset_mismatch");
  EXPECT_EQ(other->append(upload->id, 3, view("two"))->offset, 6u);
  EXPECT_EQ(spool_->film(upload->id).error().reason, "upload_incomplete");
  EXPECT_EQ(spool_->append(upload->id, 6, view("three")).error().reason, "upload_too_long");
  EXPECT_TRUE(spool_->append(upload->id, 6, view("six"))->complete());
  const auto film = other->film(upload->id);
  ASSERT_TRUE(film);
  EXPECT_EQ(as_text(*read_file(*film, 100)), "onetwosix");
  ASSERT_TRUE(other->remove(upload->id));
  EXPECT_EQ(spool_->get(upload->id).error().reason, "upload_not_found");
  EXPECT_FALSE(fs::exists(file_of(upload->id)));
}

TEST_P(SpoolTest, KeepsMetadataAsTheyWereSentAndOnlySoMuchOfThem) {
  const std::string most(4096, '~');
  const auto upload = spool_->create(9, "film", most);
  ASSERT_TRUE(upload) << upload.error().message;
  EXPECT_EQ(spool_->get(upload->id)->metadata, most);
  for (const std::string& bad :
       {most + "~", std::string("a\n"), std::string("a\x7f"), std::string("\xc3\xa9"), std::string(1, '\0')})
    EXPECT_EQ(spool_->create(9, "film", bad).error().reason, "bad_upload_metadata");
}

TEST_P(SpoolTest, TheFileSoFarIsThereFromItsFirstByte) {
  const auto upload = spool_->create(9, "film");
  EXPECT_EQ(spool_->film_so_far(upload->id).error().reason, "upload_incomplete");
  ASSERT_TRUE(spool_->append(upload->id, 0, view("abc")));
  const auto film = spool_->film_so_far(upload->id);
  ASSERT_TRUE(film) << film.error().message;
  EXPECT_EQ(as_text(*read_file(*film, 100)), "abc");
}

TEST_P(SpoolTest, OneWriterAtATime) {
  const auto upload = spool_->create(9, "film");
  const auto writer = spool_->begin_append(upload->id, 0);
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->write(view("abc")));
  EXPECT_EQ(spool_->append(upload->id, 0, view("x")).error().reason, "upload_busy");
  EXPECT_EQ(spool_->get(upload->id)->offset, 0u);  // not before it is on the disk
  EXPECT_EQ((*writer)->commit()->offset, 3u);
}

TEST_P(SpoolTest, WhatAKilledNodeHadNotAcknowledgedIsWrittenAnew) {
  const auto upload = spool_->create(6, "film");
  ASSERT_TRUE(spool_->append(upload->id, 0, view("abc")));
  std::ofstream(file_of(upload->id), std::ios::app) << "?";  // written, not committed
  EXPECT_EQ(spool_->get(upload->id)->offset, 3u);
  ASSERT_TRUE(spool_->append(upload->id, 3, view("def")));
  EXPECT_EQ(as_text(*read_file(*spool_->film(upload->id), 100)), "abcdef");
}

TEST_P(SpoolTest, AFileThatLostBytesIsNotTakenForWhole) {
  const auto upload = spool_->create(6, "film");
  ASSERT_TRUE(spool_->append(upload->id, 0, view("abc")));
  fs::resize_file(file_of(upload->id), 2);
  EXPECT_EQ(spool_->append(upload->id, 3, view("def")).error().reason, "upload_damaged");
  fs::remove(file_of(upload->id));
  EXPECT_EQ(spool_->append(upload->id, 3, view("def")).error().reason, "upload_damaged");
  EXPECT_TRUE(spool_->remove(upload->id));
}

TEST_P(SpoolTest, ForgetsAfterAWeekWithoutAByteButNotWhenTheClockJumps) {
  const auto upload = spool_->create(6, "film");
  ASSERT_TRUE(spool_->append(upload->id, 0, view("abcdef")));
  clock_.set(std::chrono::days(31));
  ASSERT_TRUE(spool_->tidy());
  clock_.set(-std::chrono::days(31));
  ASSERT_TRUE(spool_->tidy());
  clock_.advance(kUploadLife - std::chrono::seconds(1));
  ASSERT_TRUE(spool_->tidy());
  clock_.advance(std::chrono::seconds(1));  // the edge: expired, and its day of grace begins
  ASSERT_TRUE(spool_->tidy());
  clock_.advance(kUploadGrace - std::chrono::seconds(1));
  ASSERT_TRUE(spool_->tidy());
  EXPECT_TRUE(spool_->film(upload->id));
  clock_.advance(std::chrono::seconds(1));
  ASSERT_TRUE(spool_->tidy());
  EXPECT_EQ(spool_->get(upload->id).error().reason, "upload_not_found");
  EXPECT_FALSE(fs::exists(file_of(upload->id)));
}

TEST_P(SpoolTest, KeepsWhatAJobNeeds) {
  const auto upload = spool_->create(3, "film");
  ASSERT_TRUE(spool_->append(upload->id, 0, view("abc")));
  const auto hold = [&](const std::string& job) {
    return (*database_)->transact([&](db::Session& session) { return Spool::hold(session, {upload->id}, job); });
  };
  const auto release = [&](Spool::Fate fate) {
    ASSERT_TRUE((*database_)->transact([&](db::Session& session) { return Spool::release(session, "one", fate); }));
  };
  ASSERT_TRUE(hold("one"));
  EXPECT_EQ(hold("two").error().reason, "upload_in_use");
  EXPECT_EQ(spool_->remove(upload->id).error().reason, "upload_in_use");
  clock_.advance(3 * kUploadLife);
  ASSERT_TRUE(spool_->tidy());
  clock_.advance(kUploadLife);
  ASSERT_TRUE(spool_->tidy());
  EXPECT_TRUE(spool_->film(upload->id));
  release(Spool::Fate::Remove);
  EXPECT_EQ(spool_->film(upload->id).error().code, ErrorCode::NotFound);
  ASSERT_TRUE(spool_->tidy());
  EXPECT_FALSE(fs::exists(file_of(upload->id)));
}

TEST_P(SpoolTest, TakesOnlySoManyAndNothingTooLarge) {
  EXPECT_EQ(spool_->create(0, "film").error().reason, "upload_empty");
  EXPECT_EQ(spool_->create(1'001, "film").error().reason, "upload_too_large");
  for (std::size_t i = 0; i < kMaxUploads; ++i) ASSERT_TRUE(spool_->create(1, "film"));
  EXPECT_EQ(spool_->create(1, "film").error().reason, "too_many_uploads");
}

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

TEST_P(SpoolTest, WithoutDescriptorsNothingIsTakenForGone) {
  const auto upload = spool_->create(5, "film.mkv");
  const auto begun = spool_->create(5, "other.mkv");
  ASSERT_TRUE(spool_->append(upload->id, 0, view("bytes")));
  EXPECT_EQ(run_without_descriptors([&] {
              const auto found = spool_->get(upload->id);
              if (!found && found.error().code == ErrorCode::NotFound) return 1;
              const auto film = spool_->film(upload->id);
              if (!film && film.error().code == ErrorCode::NotFound) return 2;
              const auto appended = spool_->append(begun->id, 0, view("x"));
              return appended || appended.error().code == ErrorCode::NotFound ? 3 : 0;
            }),
            0);
  EXPECT_TRUE(spool_->film(upload->id));
  EXPECT_EQ(spool_->get(to_hex(random_array<16>())).error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace swarma::content::publish
