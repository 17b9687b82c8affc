#include "content/publish/journal.h"

#include <gtest/gtest.h>

#include <fstream>

#include "content/publish/ports_testing.h"
#include "crypto/key_tree.h"

namespace swarma::content::publish {
namespace {

using testing::TemporaryFolder;

void write(const std::filesystem::path& file, std::string_view text) {
  std::ofstream(file) << text;
}
std::string read_all(const std::filesystem::path& folder) {
  std::string out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) out += as_text(*read_file(entry.path(), 1 << 20));
  return out;
}

FinishedTrack example_track() {
  const BlobId some = crypto::blob_id_of(view("segment"));
  return {.track_id = "v720-0011",
          .playlist = {.init = some, .extension = "m4s", .segments = {{some, 4.004, 100}, {some, 2, 50}}},
          .facts = {.codecs = "avc1.64001f", .frame_rate = 23.976, .note = "Silence."},
          .init_bytes = 700};
}

media::PackagePlan example_plan() {
  media::PackagePlan plan;
  plan.tracks.push_back({.key = "v720",
                         .name = "720p",
                         .language = "und",
                         .key_group = "hd",
                         .source_stream = 0,
                         .sidecar = {},
                         .width = 1280,
                         .height = 720});
  plan.cuts_us = {0, 4'000'000, 6'000'000};
  return plan;
}

TEST(Journal, RemembersFinishedTracksAndTheSecret) {
  const TemporaryFolder folder;
  const crypto::SecretKey master = crypto::random_key();
  std::optional<PublishSecrets> first;
  {
    auto journal = Journal::open(folder.path(), "job", master);
    ASSERT_TRUE(journal) << journal.error().message;
    first = journal->secrets();
    EXPECT_FALSE(journal->holds_work());
    EXPECT_FALSE(*journal->find_track("v720"));
    ASSERT_TRUE(journal->put_track("v720", example_track()));
    ASSERT_TRUE(journal->put_record({"jws", "jwe", "digest"}));
  }
  auto journal = Journal::open(folder.path(), "job", master);
  ASSERT_TRUE(journal);
  EXPECT_TRUE(journal->secrets().title_secret == first->title_secret);
  EXPECT_EQ(journal->secrets().nonce, first->nonce);
  EXPECT_EQ(journal->secrets().salt, first->salt);
  const auto track = *journal->find_track("v720");
  ASSERT_TRUE(track);
  EXPECT_EQ(track->track_id, "v720-0011");
  EXPECT_EQ(track->playlist, example_track().playlist);
  EXPECT_EQ(track->facts.frame_rate, 23.976);
  EXPECT_EQ(track->facts.note, "Silence.");
  EXPECT_EQ(track->init_bytes, 700);
  EXPECT_FALSE(*journal->find_track("v360"));
  EXPECT_EQ((*journal->find_record())->sealed, "jwe");
  EXPECT_TRUE(journal->holds_work());
  journal->remove();
  EXPECT_FALSE(std::filesystem::exists(folder / "job"));
}

TEST(Journal, HoldsNoSecretInTheClear) {
  const TemporaryFolder folder;
  const auto journal = Journal::open(folder.path(), "job", crypto::random_key());
  const std::string text = read_all(folder.path());
  EXPECT_EQ(text.find(to_base64url(journal->secrets().title_secret.expose())), std::string::npos);
  EXPECT_EQ(text.find(to_hex(journal->secrets().title_secret.expose())), std::string::npos);
  EXPECT_EQ(text.find(as_text(journal->secrets().title_secret.expose())), std::string::npos);
}

bool same_secret(const PublishSecrets& a, const PublishSecrets& b) {
  return std::ranges::equal(a.title_secret.expose(), b.title_secret.expose());
}

TEST(Journal, OfAnotherIdentityOrJobIsStartedOver) {
  const TemporaryFolder folder;
  const crypto::SecretKey master = crypto::random_key(), other = crypto::random_key();
  std::optional<PublishSecrets> first;
  {
    auto journal = Journal::open(folder.path(), "job", master);
    first = journal->secrets();
    ASSERT_TRUE(journal->put_track("v720", example_track()));
  }
  {
    auto journal = Journal::open(folder.path(), "job", other);
    ASSERT_TRUE(journal) << journal.error().message;
    EXPECT_FALSE(same_secret(journal->secrets(), *first));
    EXPECT_FALSE(journal->holds_work());  // its keys are of the other secret
  }
  std::filesystem::rename(folder / "job", folder / "other");
  EXPECT_TRUE(Journal::open(folder.path(), "other", other));
}

TEST(Journal, LetsOnlyOneProcessIn) {
  const TemporaryFolder folder;
  const crypto::SecretKey master = crypto::random_key();
  const auto journal = Journal::open(folder.path(), "job", master);
  EXPECT_EQ(Journal::open(folder.path(), "job", master).error().reason, "publish_running");
}

TEST(Journal, DamagedIsStartedOverInsteadOfBlocking) {
  const TemporaryFolder folder;
  const crypto::SecretKey master = crypto::random_key();
  for (const char* damaged : {".track", ".json"})
    for (const char* content : {"{", "{}", "", "\xff\xfe"}) {
      std::optional<PublishSecrets> before;
      {
        auto journal = Journal::open(folder.path(), "job", master);
        ASSERT_TRUE(journal) << journal.error().message;
        ASSERT_TRUE(journal->put_track("v720", example_track()));
        ASSERT_TRUE(journal->put_record({"jws", "jwe", "digest"}));
        before = journal->secrets();
      }
      for (const auto& entry : std::filesystem::directory_iterator(folder / "job"))
        if (entry.path().extension() == damaged) write(entry.path(), content);
      auto journal = Journal::open(folder.path(), "job", master);
      ASSERT_TRUE(journal) << damaged << " " << content << ": " << journal.error().message;
      EXPECT_FALSE(same_secret(journal->secrets(), *before));
      EXPECT_FALSE(*journal->find_track("v720"));
      EXPECT_FALSE(*journal->find_record());
    }
}

TEST(Journal, GoesInOneStepAndTakesWhatAKillLeft) {
  const TemporaryFolder home;
  const auto folder = home.path() / "publish", left = home.path() / "publish.over-0011";
  const crypto::SecretKey master = crypto::random_key();
  std::filesystem::create_directory(left);
  write(left / "record.json", "{}");
  auto journal = Journal::open(folder, "job", master);
  ASSERT_TRUE(journal) << journal.error().message;
  EXPECT_FALSE(std::filesystem::exists(left));
  ASSERT_TRUE(journal->put_track("v720", example_track()));
  journal->remove();
  EXPECT_TRUE(std::filesystem::is_empty(home.path()));
}

TEST(Journal, WithoutItsSecretsHasNoTracks) {
  const TemporaryFolder folder;
  const crypto::SecretKey master = crypto::random_key();
  {
    auto journal = Journal::open(folder.path(), "job", master);
    ASSERT_TRUE(journal->put_track("v720", example_track()));
  }
  std::filesystem::remove(folder.path() / "job" / "job.json");
  const auto journal = Journal::open(folder.path(), "job", master);
  ASSERT_TRUE(journal);
  EXPECT_FALSE(*journal->find_track("v720"));
}

TEST(Journal, TakesNoTrackThatItWouldNotRead) {
  const TemporaryFolder folder;
  auto journal = Journal::open(folder.path(), "job", crypto::random_key());
  FinishedTrack hours = example_track();
  hours.playlist.segments.front().seconds = 3'601;  // no segment may be that long
  EXPECT_EQ(journal->put_track("v720", hours).error().reason, "journal_unreadable");
  EXPECT_FALSE(journal->holds_work());
}

TEST(Journal, ThatCannotBeReadNowIsNotThrownAway) {
  const TemporaryFolder folder;
  const crypto::SecretKey master = crypto::random_key();
  ASSERT_TRUE(Journal::open(folder.path(), "job", master)->put_track("v720", example_track()));
  const auto job = folder / "job" / "job.json";
  std::filesystem::rename(job, folder / "kept");
  std::filesystem::create_directory(job);  // reading it fails, with an error that is not "there is none"
  EXPECT_FALSE(Journal::open(folder.path(), "job", master));
  std::filesystem::remove(job);
  std::filesystem::rename(folder / "kept", job);
  EXPECT_TRUE(*Journal::open(folder.path(), "job", master)->find_track("v720"));
}

TEST(JobId, IsOfFilmPlanTitleAndDestination) {
  const TemporaryFolder folder;
  const auto film = folder / "film.mp4", other = folder / "other.mp4";
  write(film, "frames");
  write(other, "frames");
  const auto id = [&](const std::filesystem::path& file, const media::PackagePlan& plan, const char* title,
                      const char* to) { return *make_publish_id(*media::Film::open(file), plan, title, to); };
  const std::string base = id(film, example_plan(), "", "http://a");
  EXPECT_EQ(base, id(film, example_plan(), "", "http://a"));
  EXPECT_NE(base, id(other, example_plan(), "", "http://a"));
  EXPECT_NE(base, id(film, example_plan(), "title/2", "http://a"));
  EXPECT_NE(base, id(film, example_plan(), "", "http://b"));
  media::PackagePlan plan = example_plan();
  plan.tracks[0].crf = 23;
  EXPECT_NE(base, id(film, plan, "", "http://a"));
  plan = example_plan();
  plan.cuts_us[1] = 3'000'000;
  EXPECT_NE(base, id(film, plan, "", "http://a"));
  write(film, "other frames");
  EXPECT_NE(base, id(film, example_plan(), "", "http://a"));
}

TEST(JobId, ChangesWithTheCaptions) {
  const TemporaryFolder folder;
  write(folder / "film.mp4", "frames");
  write(folder / "a.srt", "1\n00:00:00,000 --> 00:00:01,000\nHello\n");
  media::PackagePlan plan = example_plan();
  plan.tracks[0].sidecar = folder / "a.srt";
  const std::string before = *make_publish_id(*media::Film::open(folder / "film.mp4"), plan, "", "");
  write(folder / "a.srt", "1\n00:00:00,000 --> 00:00:01,000\nHullo\n");
  EXPECT_NE(before, *make_publish_id(*media::Film::open(folder / "film.mp4"), plan, "", ""));
}

}  // namespace
}  // namespace swarma::content::publish
