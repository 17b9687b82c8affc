#include "content/publish/former_folders.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/json.h"
#include "content/publish/job_rows.h"
#include "content/publish/ports_testing.h"
#include "content/publish/rows_testing.h"
#include "crypto/aead.h"

namespace swarma::content::publish {
namespace {

namespace fs = std::filesystem;

class FormerFoldersTest : public testing::RowsTest {
 protected:
  void SetUp() override {
    RowsTest::SetUp();
    spool_ = open_spool(spool_folder_, database());
    ASSERT_TRUE(spool_);
  }
  void start() {
    import_former_folders({.data_folder = folder_.path(), .spool_folder = spool_folder_}, **database_, identity_,
                          clock_);
  }
  /// As an earlier version wrote it.
  void write_upload(const std::string& id, int length, const std::string& bytes) {
    fs::create_directories(folder_ / "uploads" / id);
    std::ofstream(folder_ / "uploads" / id / "film") << bytes;
    std::ofstream(folder_ / "uploads" / id / "upload.json") << Json{{"length", length}, {"filename", "Film.mkv"}};
  }
  void write_job(const std::string& id, const std::string& upload) {
    fs::create_directories(folder_ / "media");
    const Json request = {{"upload_id", upload},
                          {"name", "A film"},
                          {"summary", ""},
                          {"language", "de"},
                          {"tags", Json::array()},
                          {"policy", "{}"},
                          {"codes", "{}"},
                          {"ladder", "copy"},
                          {"poster_ms", -1},
                          {"title_id", ""},
                          {"captions", Json::array({Json::array({"de", kCaptions})})},
                          {"texts", Json::object()}};
    ASSERT_TRUE(write_file_durably(folder_ / "media" / (id + ".job"),
                                   crypto::wrap(identity_.master, "swarma/1 media job", view(request.dump())), 0600));
  }

  const std::string kFilm = std::string(32, 'a'), kCaptions = std::string(32, 'b'), kJob = std::string(32, 'c');
  testing::TemporaryFolder folder_;
  fs::path spool_folder_ = folder_ / "blobs" / "uploads";
  crypto::Identity identity_{crypto::SigningKey::generate(), crypto::DecryptionKey::generate(), crypto::random_key()};
  std::unique_ptr<Spool> spool_;
};
INSTANTIATE_TEST_SUITE_P(Engines, FormerFoldersTest, ::testing::ValuesIn(db::testing::kEngines),
                         db::testing::engine_name);

TEST_P(FormerFoldersTest, UploadsAndJobsBecomeRows) {
  write_upload(kFilm, 5, "bytes");
  write_upload(kCaptions, 4, "vtt");
  write_job(kJob, kFilm);
  start();
  const auto film = spool_->film(kFilm);
  ASSERT_TRUE(film) << film.error().message;
  EXPECT_EQ(as_text(*read_file(*film, 100)), "bytes");
  EXPECT_EQ(spool_->get(kFilm)->filename, "Film.mkv");
  EXPECT_EQ(spool_->append(kCaptions, 3, view("\n"))->offset, 4u);
  const auto removed = spool_->remove(kFilm);
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().reason, "upload_in_use");
  JobRows rows(**database_, clock_, "node", std::chrono::seconds(30));
  const auto job = rows.claim();
  ASSERT_TRUE(job && *job);
  EXPECT_EQ((*job)->id, kJob);
  EXPECT_EQ((*job)->status.name, "A film");
  const auto request = read_request(as_text(*crypto::unwrap(identity_.master, kJobContext, (*job)->sealed)));
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->uploads(), (std::vector<std::string>{kFilm, kCaptions}));
  EXPECT_FALSE(request->nonce.empty());
  EXPECT_FALSE(fs::exists(folder_ / "uploads"));
  EXPECT_FALSE(fs::exists(folder_ / "media"));
  start();  // nothing is left to do
  EXPECT_EQ(rows.list()->size(), 1u);
}

TEST_P(FormerFoldersTest, GoesOnWhereItWasStopped) {
  write_upload(kFilm, 5, "bytes");
  write_upload(kCaptions, 3, "vtt");
  fs::rename(folder_ / "uploads" / kFilm / "film", spool_folder_ / kFilm);  // moved, and then the power went
  write_job(kJob, kFilm);
  start();
  EXPECT_TRUE(spool_->film(kFilm));
  write_job(kJob, kFilm);  // the row was there, the file not yet gone
  start();
  JobRows rows(**database_, clock_, "node", std::chrono::seconds(30));
  EXPECT_EQ(rows.list()->size(), 1u);
  EXPECT_FALSE(fs::exists(folder_ / "media"));
}

TEST_P(FormerFoldersTest, WhatItCannotTakeStays) {
  write_upload(kFilm, 5, "bytes");
  std::ofstream(folder_ / "uploads" / kFilm / "upload.json") << "{";
  std::ofstream(folder_ / "uploads" / "notes.txt") << "mine";
  write_job(kJob, kFilm);  // of uploads that are not here
  std::ofstream(folder_ / "media" / (std::string(32, 'd') + ".job")) << "sealed for somebody else";
  start();
  EXPECT_EQ(spool_->get(kFilm).error().reason, "upload_not_found");
  EXPECT_EQ(as_text(*read_file(folder_ / "uploads" / kFilm / "film", 100)), "bytes");
  EXPECT_TRUE(fs::exists(folder_ / "uploads" / "notes.txt"));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "media"), fs::directory_iterator()), 2);
  JobRows rows(**database_, clock_, "node", std::chrono::seconds(30));
  EXPECT_TRUE(rows.list()->empty());
}

}  // namespace
}  // namespace swarma::content::publish
