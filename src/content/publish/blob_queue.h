// The bounded queue behind every BlobSink: a few threads deliver, callers wait when too much is in memory.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <variant>
#include <vector>

#include "content/publish/ports.h"

namespace swarma::content::publish {

class BlobQueue final : public BlobSink {
 public:
  /// Makes one blob durable at its destination, and returns its mark if it was not there before. Called on the queue's
  /// threads, concurrently.
  using Deliver = std::function<Result<std::optional<blob::WriteMark>>(const BlobId&, ByteView)>;
  using FindMissing = std::function<Result<std::vector<BlobId>>(std::span<const BlobId>)>;

  BlobQueue(unsigned threads, std::size_t max_waiting_bytes, Deliver deliver, FindMissing find_missing,
            DiscardBlobs discard);
  /// What is being delivered is finished, what waits is dropped.
  ~BlobQueue() override;

  Result<void> put(const BlobId& id, Bytes bytes) override;
  Result<std::future<BlobId>> put(Bytes plaintext, SegmentSeal seal) override;
  Result<void> flush() override;
  Result<std::vector<BlobId>> find_missing(std::span<const BlobId> ids) override { return find_missing_(ids); }
  Result<void> discard_new() override;
  Bytes take_buffer(std::size_t bytes) override;

 private:
  struct Unsealed {
    SegmentSeal seal;
    std::promise<BlobId> name;
  };
  struct Item {
    Bytes bytes;
    std::variant<BlobId, Unsealed> name;
    std::uint64_t ticket = 0;
    std::size_t waiting_bytes = 0;
  };
  Result<void> enqueue(Item item);
  Result<std::optional<NewBlob>> deliver(Item& item);
  void deliver_all();
  void keep_spare(Bytes buffer);

  const std::size_t max_waiting_bytes_;
  const Deliver deliver_;
  const FindMissing find_missing_;
  const DiscardBlobs discard_;
  std::mutex mutex_;
  std::condition_variable work_;       // there is something to deliver, or nothing ever again
  std::condition_variable delivered_;  // there is room again
  std::deque<Item> queue_;
  std::size_t waiting_bytes_ = 0;  // queued or being delivered
  std::uint64_t next_ticket_ = 0;
  std::set<std::uint64_t> undelivered_;
  unsigned delivering_ = 0;                  // threads at work on one
  std::vector<NewBlob> written_;             // what was new at the destination
  std::multimap<std::size_t, Bytes> spare_;  // buffers of delivered blobs by capacity
  std::size_t spare_bytes_ = 0;              // together with waiting_bytes_ within the bound
  std::optional<Error> error_;               // the first one
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace swarma::content::publish
