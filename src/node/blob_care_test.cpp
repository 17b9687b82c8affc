#include "node/blob_care.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/random.h"
#include "crypto/hash.h"
#include "title/title_record.h"

namespace swarma::node {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// A database and a registry of its own over a blob folder that several may share.
struct Tenant {
  Tenant(const fs::path& database_file, const fs::path& folder, FakeClock& clock)
      : database(*db::Database::open("sqlite:" + database_file.string(), 1)),
        store(*content::blob::open_directory_blob_store(folder)) {
    EXPECT_TRUE(database->migrate(catalog::registry::migrations()));
    registry = std::make_unique<catalog::registry::TitleRegistry>(*database, clock);
    auto opened = BlobCare::open(folder, *store, *database, *registry, clock);
    EXPECT_TRUE(opened) << opened.error().message;
    care = *std::move(opened);
  }
  std::unique_ptr<db::Database> database;
  std::unique_ptr<content::blob::BlobStore> store;
  std::unique_ptr<catalog::registry::TitleRegistry> registry;
  std::unique_ptr<BlobCare> care;
};

class BlobCareTest : public ::testing::Test {
 protected:
  BlobCareTest() : folder_(fs::temp_directory_path() / ("swarma-care-" + to_hex(random_array<8>()))) {
    fs::create_directories(folder_);
  }
  ~BlobCareTest() override { fs::remove_all(folder_); }

  Tenant open(const std::string& database = "one.db") { return {folder_ / database, blobs(), clock_}; }
  fs::path blobs() const { return folder_ / "blobs"; }

  /// A blob as if it was written when the clock stands as it does now.
  BlobId put(Tenant& tenant, std::string_view text) {
    const BlobId id = *tenant.store->put(view(text));
    const timespec at{.tv_sec = clock_.now().unix_s(), .tv_nsec = 0};
    const timespec times[2] = {at, at};
    EXPECT_EQ(::utimensat(AT_FDCWD, (blobs() / id.hex().substr(0, 2) / id.hex()).c_str(), times, 0), 0);
    return id;
  }
  /// A film of one blob that became visible.
  BlobId publish(Tenant& tenant, std::string_view text, std::int64_t revision = 1) {
    const BlobId id = put(tenant, text);
    title::TitleRecord record{.id = title::make_title_id(creator_.did(), nonce_),
                              .nonce = nonce_,
                              .revision = revision,
                              .creator = creator_.did(),
                              .name = std::string(text),
                              .duration_ms = 1,
                              .slots = 1,
                              .salt = to_base64url(random_array<16>()),
                              .key_groups = {"sd"},
                              .playlist = id,
                              .details = id,
                              .policy = R"({"paths":[{"id":"open"}],"version":1})",
                              .agent = {creator_.did(), crypto::DecryptionKey::generate().encryption_key()}};
    const auto jws = title::sign_record(record, creator_);
    EXPECT_TRUE(jws) << jws.error().message;
    EXPECT_TRUE(tenant.registry->publish(*jws, record, "sealed", {.blobs = {id}, .texts = {}}));
    tenant.care->note_title(record.id, revision);
    return id;
  }
  /// Hourly looks over so many days.
  void days_pass(Tenant& tenant, int days) {
    for (int hour = 0; hour < 24 * days; ++hour) {
      clock_.advance(std::chrono::hours(1));
      tenant.care->sweep();
    }
  }
  static bool has(Tenant& tenant, const BlobId& id) { return tenant.store->find_size(id)->has_value(); }

  fs::path folder_;
  FakeClock clock_;
  crypto::SigningKey creator_ = crypto::SigningKey::generate();
  std::string nonce_ = to_base64url(random_array<16>());
};

TEST_F(BlobCareTest, AnOrphanGoesAfterAWeekAndAFilmStays) {
  Tenant one = open();
  const BlobId film = publish(one, "film"), orphan = put(one, "orphan");
  days_pass(one, 7);
  EXPECT_TRUE(has(one, orphan));
  days_pass(one, 2);
  EXPECT_FALSE(has(one, orphan));
  EXPECT_TRUE(has(one, film));
}

TEST_F(BlobCareTest, FilmsOfAnotherDatabaseStay) {
  Tenant one = open();
  const BlobId film = publish(one, "film");
  nonce_ = to_base64url(random_array<16>());
  Tenant two = open("two.db");
  EXPECT_TRUE(two.care->is_held_back());
  const BlobId other = publish(two, "other film");
  days_pass(two, 30);
  days_pass(one, 30);
  EXPECT_TRUE(has(two, film));
  EXPECT_TRUE(has(one, other));
  EXPECT_TRUE(one.care->is_held_back());
}

TEST_F(BlobCareTest, FilmsNewerThanARestoredDatabaseStay) {
  {
    Tenant one = open();
    publish(one, "first");
  }
  fs::copy_file(folder_ / "one.db", folder_ / "backup.db");
  BlobId revised = crypto::blob_id_of(view(""));
  {
    Tenant one = open();
    revised = publish(one, "second revision", 2);  // minutes after the backup
  }
  Tenant restored = open("backup.db");
  EXPECT_TRUE(restored.care->is_held_back());
  nonce_ = to_base64url(random_array<16>());
  publish(restored, "life goes on");
  days_pass(restored, 30);
  EXPECT_TRUE(has(restored, revised));

  const auto health =
      check_blobs({.data = folder_, .database = "sqlite:" + (folder_ / "backup.db").string(), .blobs = blobs()}, false);
  ASSERT_TRUE(health) << health.error().message;
  EXPECT_THAT(health->obstacle, HasSubstr("revision 2"));

  ASSERT_TRUE(
      adopt_blobs({.data = folder_, .database = "sqlite:" + (folder_ / "backup.db").string(), .blobs = blobs()}));
  days_pass(restored, 6);
  EXPECT_TRUE(has(restored, revised));  // a week to think again
  days_pass(restored, 3);
  EXPECT_FALSE(has(restored, revised));
  EXPECT_FALSE(restored.care->is_held_back());
}

TEST_F(BlobCareTest, WhatLayThereBeforeIsNotItsOwn) {
  BlobId old = crypto::blob_id_of(view(""));
  {
    const auto store = content::blob::open_directory_blob_store(blobs());
    old = *(*store)->put(view("of an earlier version"));
    const timespec at{.tv_sec = clock_.now().unix_s() - 86'400, .tv_nsec = 0};
    const timespec times[2] = {at, at};
    ASSERT_EQ(::utimensat(AT_FDCWD, (blobs() / old.hex().substr(0, 2) / old.hex()).c_str(), times, 0), 0);
  }
  Tenant one = open();
  publish(one, "film");
  const BlobId orphan = put(one, "orphan");
  days_pass(one, 20);
  EXPECT_TRUE(has(one, old));
  EXPECT_FALSE(has(one, orphan));
}

TEST_F(BlobCareTest, AClockSetForwardOrBackMakesNoOrphans) {
  Tenant one = open();
  publish(one, "film");
  days_pass(one, 10);
  const BlobId fresh = put(one, "a publish under way");
  clock_.set(std::chrono::days(31));
  days_pass(one, 5);
  EXPECT_TRUE(has(one, fresh));
  clock_.set(-std::chrono::days(40));
  const BlobId later = put(one, "another one");
  clock_.advance(std::chrono::hours(1));
  one.care->sweep();  // has seen the wrong time, and so knows that what is old may be new
  clock_.set(std::chrono::days(40));
  days_pass(one, 1);
  EXPECT_TRUE(has(one, later));
  days_pass(one, 8);
  EXPECT_FALSE(has(one, fresh));
  EXPECT_FALSE(has(one, later));
}

TEST_F(BlobCareTest, ATitleThatWasWithdrawnIsForgotten) {
  Tenant one = open();
  const BlobId film = publish(one, "film");
  ASSERT_TRUE(one.registry->unpublish(title::make_title_id(creator_.did(), nonce_)));
  days_pass(one, 9);
  EXPECT_FALSE(has(one, film));
  EXPECT_FALSE(one.care->is_held_back());
}

}  // namespace
}  // namespace swarma::node
