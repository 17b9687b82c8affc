#include "content/blob/directory_blob_store.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <thread>

#include "base/random.h"
#include "base/testing.h"
#include "content/blob/descriptor_cache.h"
#include "content/blob/scrub.h"
#include "crypto/hash.h"

namespace swarma::content::blob {
namespace {

namespace fs = std::filesystem;

const BlobId kAbc = crypto::blob_id_of(view("abc"));

fs::path path_of(const swarma::testing::TemporaryFolder& folder, const BlobId& id) {
  return folder.path() / id.hex().substr(0, 2) / id.hex();
}

void overwrite(const fs::path& path, std::string_view text) {
  std::ofstream(path, std::ios::trunc) << text;
}

TEST(DirectoryBlobStore, PutsAFileWhereOthersCanServeIt) {
  const swarma::testing::TemporaryFolder folder;
  const auto store = open_directory_blob_store(folder.path());
  ASSERT_TRUE(store);
  ASSERT_TRUE((*store)->put(view("abc")));
  std::ifstream file(folder.path() / "ba" / "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  std::string text;
  file >> text;
  EXPECT_EQ(text, "abc");
}

TEST(DirectoryBlobStore, SaysWhenTheDiskLies) {
  const swarma::testing::TemporaryFolder folder;
  const auto store = open_directory_blob_store(folder.path());
  ASSERT_TRUE((*store)->put(view("abc")));
  overwrite(path_of(folder, kAbc), "abd");
  EXPECT_EQ((*store)->read(kAbc, 10).error().reason, "blob_corrupt");
}

TEST(DirectoryBlobStore, ReplacesAFileThatWasCutShort) {
  for (const bool unnamed : {true, false}) {
    const swarma::testing::TemporaryFolder folder;
    const auto store = open_directory_blob_store(folder.path(), {.unnamed_temporaries = unnamed});
    ASSERT_TRUE((*store)->put(view("abc")));
    overwrite(path_of(folder, kAbc), "a");
    EXPECT_EQ((*store)->read(kAbc, 10).error().reason, "blob_corrupt");  // its descriptor is cached now
    ASSERT_TRUE((*store)->put(view("abc")));
    EXPECT_EQ((*store)->read(kAbc, 10), to_bytes("abc"));
    EXPECT_TRUE(fs::is_empty(folder.path() / "incoming"));
  }
}

TEST(DirectoryBlobStore, ReplacesAFileWhoseBytesChanged) {
  for (const bool unnamed : {true, false}) {
    for (const bool hashed : {true, false}) {
      const swarma::testing::TemporaryFolder folder;
      const auto store = open_directory_blob_store(folder.path(), {.unnamed_temporaries = unnamed});
      ASSERT_TRUE((*store)->put(view("abc")));
      overwrite(path_of(folder, kAbc), "abd");
      EXPECT_EQ((*store)->read(kAbc, 10).error().reason, "blob_corrupt");  // its descriptor is cached now
      if (hashed) {
        ASSERT_TRUE((*store)->put_hashed(kAbc, view("abc")));
      } else {
        ASSERT_TRUE((*store)->put(view("abc")));
      }
      EXPECT_EQ((*store)->read(kAbc, 10), to_bytes("abc"));
      EXPECT_TRUE(fs::is_empty(folder.path() / "incoming"));
    }
  }
}

TEST(DirectoryBlobStore, NeverServesAFileThatWasCutShort) {
  for (const bool cached : {true, false}) {
    for (const bool reopened : {true, false}) {
      const swarma::testing::TemporaryFolder folder;
      auto store = open_directory_blob_store(folder.path());
      ASSERT_TRUE((*store)->put(view("abc")));
      if (cached) {
        ASSERT_EQ((*store)->open(kAbc)->size, 3u);
      }
      ASSERT_EQ(::truncate(path_of(folder, kAbc).c_str(), 2), 0);
      if (reopened) store = open_directory_blob_store(folder.path());
      EXPECT_EQ((*store)->open(kAbc).error().reason, "blob_damaged");
      EXPECT_EQ((*store)->find_size(kAbc).value(), std::nullopt);
      EXPECT_EQ(fs::file_size(folder.path() / "damaged" / kAbc.hex()), 2u);  // set aside, not deleted
      EXPECT_EQ((*store)->list_damaged().value(), std::vector{kAbc});
      ASSERT_TRUE((*store)->put(view("abc")));
      EXPECT_EQ((*store)->open(kAbc)->size, 3u);
      EXPECT_TRUE((*store)->list_damaged()->empty());
    }
  }
}

TEST(DirectoryBlobStore, FindsAFileThatGrewOrLostItsNote) {
  const swarma::testing::TemporaryFolder folder;
  const auto store = open_directory_blob_store(folder.path());
  ASSERT_TRUE((*store)->put(view("abc")));
  ::removexattr(path_of(folder, kAbc).c_str(), "user.swarma.size");  // as an earlier version or a copy left it
  EXPECT_EQ((*store)->open(kAbc)->size, 3u);
  overwrite(path_of(folder, kAbc), "abcabc");
  EXPECT_EQ((*store)->open(kAbc).error().reason, "blob_damaged");
}

TEST(DirectoryBlobStore, VerifyFindsAFlippedBit) {
  const swarma::testing::TemporaryFolder folder;
  const auto store = open_directory_blob_store(folder.path());
  ASSERT_TRUE((*store)->put(view("abc")));
  EXPECT_EQ((*store)->verify(kAbc).value(), 3u);
  overwrite(path_of(folder, kAbc), "abb");
  EXPECT_EQ((*store)->verify(kAbc).value(), std::nullopt);
  EXPECT_EQ((*store)->open(kAbc).error().reason, "blob_damaged");
  EXPECT_EQ((*store)->verify(kAbc).error().code, ErrorCode::NotFound);
}

TEST(DirectoryBlobStore, OneProcessFindsDamageForAll) {
  const swarma::testing::TemporaryFolder folder;
  const auto node = open_directory_blob_store(folder.path()), doctor = open_directory_blob_store(folder.path());
  ASSERT_TRUE((*node)->put(view("abc")));
  ASSERT_EQ((*node)->open(kAbc)->size, 3u);  // its descriptor is cached now
  overwrite(path_of(folder, kAbc), "abb");
  EXPECT_EQ((*doctor)->verify(kAbc).value(), std::nullopt);
  EXPECT_EQ((*node)->open(kAbc).error().reason, "blob_damaged");
}

TEST(DirectoryBlobStore, DoesNotTakeWhatItCannotReadForDamage) {
  const swarma::testing::TemporaryFolder folder;
  const auto store = open_directory_blob_store(folder.path(), {.cached_descriptors = 0});
  ASSERT_TRUE((*store)->put(view("abc")));
  const pid_t child = ::fork();
  if (child == 0) {
    const int next = ::open("/dev/null", O_RDONLY);
    const rlimit none{static_cast<rlim_t>(next), static_cast<rlim_t>(next)};
    ::close(next);
    ::setrlimit(RLIMIT_NOFILE, &none);
    const auto opened = (*store)->open(kAbc);
    const auto verified = (*store)->verify(kAbc);
    const auto put = (*store)->put(view("abc"));
    const auto busy = [](const auto& result) { return !result && result.error().code == ErrorCode::Unavailable; };
    ::_exit(busy(opened) && busy(verified) && busy(put) ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ((*store)->open(kAbc)->size, 3u);
}

TEST(Scrubber, FindsDamageInPiecesAndComesRoundAgain) {
  const swarma::testing::TemporaryFolder folder;
  const auto store = open_directory_blob_store(folder.path());
  std::vector<BlobId> ids;
  for (int i = 0; i < 40; ++i) ids.push_back((*store)->put(view("blob " + std::to_string(i))).value());
  Scrubber scrubber(**store, 77);
  EXPECT_EQ(scrubber.run(1 << 20)->blobs, 40u);
  overwrite(path_of(folder, ids[7]), "blob 8");
  overwrite(path_of(folder, ids[9]), "blo");
  std::set<BlobId> found;
  int calls = 0;
  for (std::uint64_t seen = 0; seen < 40; ++calls) {
    const auto report = scrubber.run(30);
    ASSERT_TRUE(report);
    ASSERT_GT(report->blobs, 0u);
    EXPECT_LE(report->bytes, 30u + 7);
    seen += report->blobs;
    found.insert(report->damaged.begin(), report->damaged.end());
  }
  EXPECT_GT(calls, 5);
  EXPECT_EQ(found, (std::set{ids[7], ids[9]}));
}

TEST(DirectoryBlobStore, ListsOnlyBlobs) {
  const swarma::testing::TemporaryFolder folder;
  const auto store = open_directory_blob_store(folder.path());
  ASSERT_TRUE((*store)->put(view("abc")));
  overwrite(folder.path() / "ba" / "notes.txt", "x");
  overwrite(folder.path() / "00" / kAbc.hex(), "abc");  // in another blob's folder
  fs::create_directory(folder.path() / "ab" / "");
  std::set<std::string> names;
  ASSERT_TRUE((*store)->list([&](const BlobId& id, std::uint64_t) { return names.insert(id.hex()), true; }));
  EXPECT_EQ(names, std::set{kAbc.hex()});
}

TEST(DirectoryBlobStore, SweepsOldTemporariesWhenItOpens) {
  const swarma::testing::TemporaryFolder folder;
  ASSERT_TRUE(open_directory_blob_store(folder.path()));
  const auto old = folder.path() / "incoming" / "old", fresh = folder.path() / "incoming" / "fresh";
  overwrite(old, "x");
  overwrite(fresh, "x");
  struct stat state{};
  ASSERT_EQ(::stat(fresh.c_str(), &state), 0);
  const timespec two_days_ago{state.st_mtim.tv_sec - 2 * 24 * 3600, 0};
  const timespec times[2] = {two_days_ago, two_days_ago};
  ASSERT_EQ(::utimensat(AT_FDCWD, old.c_str(), times, 0), 0);
  ASSERT_TRUE(open_directory_blob_store(folder.path()));
  EXPECT_FALSE(fs::exists(old));
  EXPECT_TRUE(fs::exists(fresh));
}

TEST(DirectoryBlobStore, SaysWhyItCannotOpen) {
  const swarma::testing::TemporaryFolder folder;
  overwrite(folder.path() / "file", "x");
  const auto opened = open_directory_blob_store(folder.path() / "file" / "blobs");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::Io);
  EXPECT_NE(opened.error().message.find("file/blobs"), std::string::npos);
}

TEST(DescriptorCache, ForgetsTheLeastRecentlyUsed) {
  DescriptorCache cache(32);  // two for each of its 16 shards
  const auto id = [](std::uint8_t n) {
    BlobId::Digest digest{};
    digest[0] = n;
    return BlobId(digest);
  };
  for (std::uint8_t n = 0; n < 2; ++n) cache.put(id(n), OpenBlob{nullptr, n});
  EXPECT_TRUE(cache.find(id(0)));
  cache.put(id(2), OpenBlob{nullptr, 2});
  EXPECT_TRUE(cache.find(id(0)));
  EXPECT_FALSE(cache.find(id(1)));
  EXPECT_EQ(cache.find(id(2))->size, 2u);
  cache.forget(id(2));
  EXPECT_FALSE(cache.find(id(2)));
  cache.clear();
  EXPECT_FALSE(cache.find(id(0)));
}

/// Puts blobs of all sizes for ever, several at a time, and says each name once its put returned.
[[noreturn]] void put_for_ever(const fs::path& folder, const DirectoryOptions& options, int acknowledge) {
  const auto store = open_directory_blob_store(folder, options);
  std::vector<std::jthread> threads;
  for (int t = 0; store && t < 3; ++t)
    threads.emplace_back([&] {
      for (;;) {
        const auto random = random_array<4>();
        Bytes bytes((std::size_t{random[0]} << 8 | random[1]) << (random[2] % 4));
        fill_random(bytes);
        const auto id = (*store)->put(bytes);
        if (!id || ::write(acknowledge, id->digest().data(), 32) != 32) ::_exit(1);
      }
    });
  threads.clear();
  ::_exit(1);
}

class KillTest : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Temporaries, KillTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "Unnamed" : "Named"; });

TEST_P(KillTest, EveryVisibleBlobIsWholeAndEveryAcknowledgedOneVisible) {
  const swarma::testing::TemporaryFolder folder;
  const DirectoryOptions options{.unnamed_temporaries = GetParam()};
  std::set<BlobId> acknowledged;
  for (int round = 0; round < 12; ++round) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    if (child == 0) put_for_ever(folder.path(), options, pipe[1]);
    ::close(pipe[1]);
    const Fd names(pipe[0]);
    BlobId::Digest digest;
    // The kill comes right after a random acknowledgement: somewhere inside the writing of others.
    for (int more = 1 + random_array<1>()[0] % 24; more > 0; --more) {
      ASSERT_EQ(::read(names.get(), digest.data(), digest.size()), 32);
      acknowledged.insert(BlobId(digest));
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    while (::read(names.get(), digest.data(), digest.size()) == 32) acknowledged.insert(BlobId(digest));
  }
  const auto store = open_directory_blob_store(folder.path(), options);
  ASSERT_TRUE(store);
  std::set<BlobId> visible;
  ASSERT_TRUE((*store)->list([&](const BlobId& id, std::uint64_t) { return visible.insert(id), true; }));
  for (const BlobId& id : visible) {
    const auto bytes = (*store)->read(id, kMaxBlobBytes);
    EXPECT_TRUE(bytes) << bytes.error().message;
  }
  for (const BlobId& id : acknowledged) EXPECT_TRUE(visible.contains(id)) << id.hex();
  EXPECT_GE(visible.size(), acknowledged.size());
  if (GetParam()) {
    EXPECT_TRUE(fs::is_empty(folder.path() / "incoming"));
  }  // those with names stay until swept
}

}  // namespace
}  // namespace swarma::content::blob
