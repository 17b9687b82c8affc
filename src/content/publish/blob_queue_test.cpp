#include "content/publish/blob_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <semaphore>
#include <set>

#include "content/blob/blob_store.h"
#include "content/publish/ports_testing.h"
#include "content/publish/store_blob_sink.h"
#include "crypto/aead.h"

namespace swarma::content::publish {
namespace {

Bytes blob(std::size_t size, std::uint8_t fill) {
  return Bytes(size, fill);
}
Result<void> put(BlobSink& sink, const Bytes& bytes) {
  return sink.put(crypto::blob_id_of(bytes), bytes);
}
const BlobQueue::FindMissing kNone = [](std::span<const BlobId>) -> Result<std::vector<BlobId>> {
  return std::vector<BlobId>{};
};

const DiscardBlobs kKeep = [](std::span<const NewBlob>) -> Result<void> { return {}; };

TEST(BlobQueue, DeliversEverythingBeforeFlushReturns) {
  std::mutex mutex;
  std::set<BlobId> delivered;
  BlobQueue queue(
      3, 1'000,
      [&](const BlobId& id, ByteView) -> Result<std::optional<blob::WriteMark>> {
        const std::lock_guard lock(mutex);
        delivered.insert(id);
        return std::nullopt;
      },
      kNone, kKeep);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(put(queue, blob(64, static_cast<std::uint8_t>(i))));
  ASSERT_TRUE(queue.flush());
  EXPECT_EQ(delivered.size(), 100u);
}

TEST(BlobQueue, MakesCallersWaitWhenTooMuchIsInMemory) {
  std::counting_semaphore<> may_deliver(0);
  std::atomic<int> accepted{0};
  BlobQueue queue(
      1, 100,
      [&](const BlobId&, ByteView) -> Result<std::optional<blob::WriteMark>> {
        may_deliver.acquire();
        return std::nullopt;
      },
      kNone, kKeep);
  ASSERT_TRUE(put(queue, blob(60, 1)));
  std::latch third_put(1);
  std::thread caller([&] {
    EXPECT_TRUE(put(queue, blob(40, 2)));  // still fits
    ++accepted;
    third_put.count_down();
    EXPECT_TRUE(put(queue, blob(60, 3)));  // must wait until the first is gone
    ++accepted;
  });
  third_put.wait();
  EXPECT_EQ(accepted, 1);
  may_deliver.release(3);
  caller.join();
  EXPECT_EQ(accepted, 2);
  EXPECT_TRUE(queue.flush());
}

TEST(BlobQueue, ABlobBeyondTheBoundPassesAlone) {
  BlobQueue queue(
      1, 10, [](const BlobId&, ByteView) -> Result<std::optional<blob::WriteMark>> { return std::nullopt; }, kNone,
      kKeep);
  EXPECT_TRUE(put(queue, blob(1'000, 1)));
  EXPECT_TRUE(put(queue, blob(1'000, 2)));
  EXPECT_TRUE(queue.flush());
}

TEST(BlobQueue, TheFirstErrorEndsIt) {
  BlobQueue queue(
      2, 1'000,
      [](const BlobId&, ByteView) -> Result<std::optional<blob::WriteMark>> {
        return fail(ErrorCode::Unavailable, "unreachable", "The node went away.");
      },
      kNone, kKeep);
  ASSERT_TRUE(put(queue, blob(1, 1)));
  EXPECT_EQ(queue.flush().error().reason, "unreachable");
  EXPECT_EQ(put(queue, blob(1, 2)).error().reason, "unreachable");
  EXPECT_EQ(queue.put(blob(1, 3), SegmentSeal(crypto::random_key(), {})).error().reason, "unreachable");
}

TEST(BlobQueue, SealsAndNamesWhatIsNoBlobYet) {
  std::mutex mutex;
  std::map<BlobId, Bytes> delivered;
  BlobQueue queue(
      3, 1'000,
      [&](const BlobId& id, ByteView bytes) -> Result<std::optional<blob::WriteMark>> {
        const std::lock_guard lock(mutex);
        delivered[id].assign(bytes.begin(), bytes.end());
        return std::nullopt;
      },
      kNone, kKeep);
  const auto key = crypto::random_key();
  std::vector<std::future<BlobId>> names;
  for (int i = 0; i < 50; ++i) {
    auto name = queue.put(to_bytes("plaintext " + std::to_string(i)), SegmentSeal(key, to_bytes(std::to_string(i))));
    ASSERT_TRUE(name);
    names.push_back(*std::move(name));
  }
  ASSERT_TRUE(queue.flush());
  for (int i = 0; i < 50; ++i) {
    const BlobId name = names[static_cast<std::size_t>(i)].get();
    ASSERT_TRUE(delivered.contains(name));
    EXPECT_EQ(crypto::blob_id_of(delivered[name]), name);
    Bytes opened;
    ASSERT_TRUE(crypto::aead_open(key, {}, view(std::to_string(i)), delivered[name], opened));
    EXPECT_EQ(as_text(opened), "plaintext " + std::to_string(i));
  }
}

TEST(BlobQueue, HandsBuffersBackThatFit) {
  BlobQueue queue(
      1, 100'000, [](const BlobId&, ByteView) -> Result<std::optional<blob::WriteMark>> { return std::nullopt; }, kNone,
      kKeep);
  ASSERT_TRUE(put(queue, blob(5'000, 1)));
  ASSERT_TRUE(put(queue, blob(50'000, 2)));
  ASSERT_TRUE(queue.flush());
  EXPECT_EQ(queue.take_buffer(60'000).capacity(), 0u);
  EXPECT_LT(queue.take_buffer(100).capacity(), 50'000u);
  EXPECT_GE(queue.take_buffer(100).capacity(), 50'000u);
  EXPECT_EQ(queue.take_buffer(100).capacity(), 0u);
}

TEST(BlobQueue, KeepsNoMoreSpareMemoryThanItsBound) {
  BlobQueue queue(
      1, 10'000, [](const BlobId&, ByteView) -> Result<std::optional<blob::WriteMark>> { return std::nullopt; }, kNone,
      kKeep);
  for (std::uint8_t i = 0; i < 5; ++i) ASSERT_TRUE(put(queue, blob(4'000, i)));
  ASSERT_TRUE(queue.flush());
  std::size_t spare = 0;
  for (Bytes buffer = queue.take_buffer(1); buffer.capacity() > 0; buffer = queue.take_buffer(1))
    spare += buffer.capacity();
  EXPECT_GT(spare, 0u);
  EXPECT_LE(spare, 10'000u);
}

TEST(StoreBlobSink, PutsIntoTheStore) {
  const testing::TemporaryFolder folder;
  auto opened = blob::open_directory_blob_store(folder / "blobs");
  ASSERT_TRUE(opened);
  const std::shared_ptr<blob::BlobStore> store = *std::move(opened);
  const auto sink = make_store_blob_sink(store, kKeep);
  const BlobId known = crypto::blob_id_of(blob(10, 1)), unknown = crypto::blob_id_of(blob(10, 2));
  ASSERT_TRUE(put(*sink, blob(10, 1)));
  ASSERT_TRUE(sink->flush());
  EXPECT_EQ(*store->read(known, 100), blob(10, 1));
  const std::vector<BlobId> both{known, unknown};
  EXPECT_EQ(*sink->find_missing(both), std::vector<BlobId>{unknown});
}

TEST(StoreBlobSink, TakesBackWhatItWroteNewlyAndNobodyUsedSince) {
  const testing::TemporaryFolder folder;
  auto opened = blob::open_directory_blob_store(folder / "blobs");
  const std::shared_ptr<blob::BlobStore> store = *std::move(opened);
  const auto here = [&](std::uint8_t fill) {
    return store->find_size(crypto::blob_id_of(blob(10, fill)))->has_value();
  };
  const auto discard = [&](std::span<const NewBlob> blobs) -> Result<void> {
    for (const NewBlob& one : blobs) SWARMA_RETURN_IF_ERROR(store->remove_if_unused(one.id, one.mark));
    return {};
  };
  ASSERT_TRUE(store->put(blob(10, 1)));  // there before
  const auto sink = make_store_blob_sink(store, discard), other_run = make_store_blob_sink(store, discard);
  for (std::uint8_t fill = 1; fill <= 3; ++fill) ASSERT_TRUE(put(*sink, blob(10, fill)));
  ASSERT_TRUE(sink->flush());
  ASSERT_TRUE(put(*other_run, blob(10, 2)));  // shared, in the same millisecond
  ASSERT_TRUE(other_run->flush());
  ASSERT_TRUE(sink->discard_new());
  EXPECT_TRUE(here(1));
  EXPECT_TRUE(here(2));
  EXPECT_FALSE(here(3));
  EXPECT_EQ(put(*sink, blob(10, 4)).error().reason, "sink_spent");
}

}  // namespace
}  // namespace swarma::content::publish
