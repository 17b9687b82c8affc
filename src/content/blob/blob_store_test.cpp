// The contract of BlobStore, on every implementation: add yours to kBackends.
#include "content/blob/blob_store.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "base/random.h"
#include "base/testing.h"
#include "content/blob/directory_blob_store.h"
#include "crypto/hash.h"

namespace swarma::content::blob {
namespace {

struct Backend {
  const char* name;
  Result<std::unique_ptr<BlobStore>> (*open)(const std::filesystem::path& folder);
};
const std::array kBackends = {
    Backend{"Directory", [](const std::filesystem::path& folder) { return open_directory_blob_store(folder); }},
    Backend{"DirectoryWithNamedTemporaries",
            [](const std::filesystem::path& folder) {
              return open_directory_blob_store(folder, {.unnamed_temporaries = false});
            }},
    Backend{"DirectoryWithoutCache",
            [](const std::filesystem::path& folder) {
              return open_directory_blob_store(folder, {.cached_descriptors = 0});
            }},
};

class BlobStoreTest : public ::testing::TestWithParam<Backend> {
 protected:
  void SetUp() override { reopen(); }
  void reopen() {
    store_.reset();
    auto opened = GetParam().open(folder_.path());
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = *std::move(opened);
  }
  std::set<BlobId> all() {
    std::set<BlobId> ids;
    EXPECT_TRUE(store_->list([&](const BlobId& id, std::uint64_t) { return ids.insert(id), true; }));
    return ids;
  }
  swarma::testing::TemporaryFolder folder_;
  std::unique_ptr<BlobStore> store_;
};
INSTANTIATE_TEST_SUITE_P(Backends, BlobStoreTest, ::testing::ValuesIn(kBackends),
                         [](const auto& info) { return info.param.name; });

Bytes noise(std::size_t size) {
  Bytes bytes(size);
  fill_random(bytes);
  return bytes;
}

TEST_P(BlobStoreTest, GivesBackWhatWasPutUnderItsHash) {
  const auto id = store_->put(view("abc"));
  ASSERT_TRUE(id) << id.error().message;
  EXPECT_EQ(id->hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(store_->read(*id, 100), to_bytes("abc"));
  EXPECT_EQ(store_->find_size(*id).value(), 3u);
  EXPECT_EQ(store_->open(*id)->size, 3u);
  reopen();
  EXPECT_EQ(store_->read(*id, 100), to_bytes("abc"));
}

TEST_P(BlobStoreTest, SaysWhatIsNotThere) {
  const BlobId id = crypto::blob_id_of(view("never put"));
  EXPECT_EQ(store_->find_size(id).value(), std::nullopt);
  EXPECT_EQ(store_->touch(id).value(), std::nullopt);
  EXPECT_EQ(store_->open(id).error().reason, "blob_not_found");
  EXPECT_EQ(store_->read(id, 100).error().code, ErrorCode::NotFound);
  EXPECT_TRUE(store_->remove(id));
  EXPECT_FALSE(store_->remove_if_unused_since(id, Instant(1LL << 40)).value());
}

TEST_P(BlobStoreTest, WritesInPiecesOfAnySize) {
  const Bytes bytes = noise(1'000'003);
  const auto writer = store_->create_writer();
  ASSERT_TRUE(writer);
  ByteView rest = bytes;
  for (std::size_t piece = 0; !rest.empty(); piece = piece * 2 + 1) {
    const std::size_t n = std::min(piece, rest.size());
    ASSERT_TRUE((*writer)->write(rest.first(n)));
    rest = rest.subspan(n);
  }
  const BlobId expected = crypto::blob_id_of(bytes);
  EXPECT_TRUE(all().empty());
  ASSERT_EQ((*writer)->commit(expected), expected);
  EXPECT_EQ(store_->read(expected, bytes.size()), bytes);
  EXPECT_EQ(all(), std::set{expected});
}

TEST_P(BlobStoreTest, KeepsTheEmptyBlob) {
  const auto id = store_->put({});
  ASSERT_TRUE(id);
  EXPECT_EQ(store_->find_size(*id).value(), 0u);
  EXPECT_EQ(store_->read(*id, 0), Bytes{});
}

TEST_P(BlobStoreTest, RefusesBytesWithAnotherNameAndKeepsNothing) {
  const auto done = store_->put(view("abd"), crypto::blob_id_of(view("abc")));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().reason, "hash_mismatch");
  EXPECT_EQ(done.error().code, ErrorCode::Corrupt);
  EXPECT_TRUE(all().empty());
}

TEST_P(BlobStoreTest, AnAbandonedWriterLeavesNoTrace) {
  {
    const auto writer = store_->create_writer();
    ASSERT_TRUE((*writer)->write(noise(100'000)));
  }
  EXPECT_TRUE(all().empty());
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path() / "incoming"));
}

TEST_P(BlobStoreTest, AWriterIsSpentAfterCommit) {
  const auto writer = store_->create_writer();
  ASSERT_TRUE((*writer)->write(view("abc")));
  ASSERT_TRUE((*writer)->commit(std::nullopt));
  EXPECT_EQ((*writer)->write(view("d")).error().reason, "writer_spent");
  EXPECT_EQ((*writer)->commit(std::nullopt).error().reason, "writer_spent");
}

TEST_P(BlobStoreTest, RefusesABlobBeyondTheLimit) {
  const auto writer = store_->create_writer();
  const Bytes piece(16 << 20);
  for (std::size_t n = 0; n < kMaxBlobBytes; n += piece.size()) ASSERT_TRUE((*writer)->write(piece));
  EXPECT_EQ((*writer)->write(view("x")).error().code, ErrorCode::TooLarge);
  EXPECT_FALSE((*writer)->commit(std::nullopt));
  EXPECT_TRUE(all().empty());
}

TEST_P(BlobStoreTest, PutsTheSameBytesAgainForFree) {
  const Bytes bytes = noise(5'000);
  const auto first = store_->put(bytes);
  ASSERT_TRUE(first);
  const auto open = store_->open(*first);
  EXPECT_EQ(store_->put(bytes), *first);
  EXPECT_TRUE(store_->put_hashed(*first, bytes));
  EXPECT_EQ(all().size(), 1u);
  EXPECT_EQ(store_->read(*first, 5'000), bytes);
}

TEST_P(BlobStoreTest, PutsHashedBytes) {
  const Bytes bytes = noise(70'000);
  const BlobId id = crypto::blob_id_of(bytes);
  ASSERT_TRUE(store_->put_hashed(id, bytes));
  EXPECT_EQ(store_->read(id, 70'000), bytes);
}

TEST_P(BlobStoreTest, ReadsAtMostWhatWasAskedFor) {
  const auto id = store_->put(noise(101));
  EXPECT_EQ(store_->read(*id, 100).error().code, ErrorCode::TooLarge);
  EXPECT_TRUE(store_->read(*id, 101));
}

TEST_P(BlobStoreTest, RemovesAndAnOpenReaderGoesOn) {
  const Bytes bytes = noise(1'000);
  const auto id = store_->put(bytes);
  const auto open = store_->open(*id);
  ASSERT_TRUE(open);
  ASSERT_TRUE(store_->remove(*id));
  EXPECT_EQ(store_->open(*id).error().reason, "blob_not_found");
  EXPECT_TRUE(all().empty());
  Bytes read(1'000);
  EXPECT_EQ(::pread(open->file->get(), read.data(), read.size(), 0), 1'000);
  EXPECT_EQ(read, bytes);
  EXPECT_EQ(store_->put(bytes), *id);  // and it may come back
  EXPECT_TRUE(store_->open(*id));
}

TEST_P(BlobStoreTest, SparesWhatWasUsedSince) {
  const auto id = store_->put(view("abc"));
  constexpr Instant kPast(1'000'000'000), kFarFuture(1LL << 33);
  EXPECT_FALSE(store_->remove_if_unused_since(*id, kPast).value());
  EXPECT_TRUE(store_->find_size(*id).value());
  EXPECT_TRUE(store_->remove_if_unused_since(*id, kFarFuture).value());
  EXPECT_FALSE(store_->find_size(*id).value());
  EXPECT_EQ(store_->open(*id).error().reason, "blob_not_found");
}

TEST_P(BlobStoreTest, ListsUntilToldToStop) {
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(store_->put(noise(10)));
  int seen = 0;
  ASSERT_TRUE(store_->list([&](const BlobId&, std::uint64_t size) {
    EXPECT_EQ(size, 10u);
    return ++seen < 7;
  }));
  EXPECT_EQ(seen, 7);
  EXPECT_EQ(all().size(), 20u);
}

TEST_P(BlobStoreTest, ManyWritersOfTheSameBlobsAgree) {
  const auto second = GetParam().open(folder_.path());  // another process on the same store
  ASSERT_TRUE(second);
  std::vector<Bytes> films;
  for (std::size_t i = 0; i < 12; ++i) films.push_back(noise(20'000 + i));
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 6; ++t)
      threads.emplace_back([&, t] {
        BlobStore& store = t % 2 == 0 ? *store_ : **second;
        for (const Bytes& film : films) {
          const auto id = store.put(film);
          EXPECT_TRUE(id) << id.error().message;
          if (id) {
            EXPECT_EQ(store.read(*id, film.size()), film);
          }
        }
      });
  }
  EXPECT_EQ(all().size(), films.size());
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path() / "incoming"));
}

}  // namespace
}  // namespace swarma::content::blob
