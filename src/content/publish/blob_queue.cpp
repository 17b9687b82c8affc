#include "content/publish/blob_queue.h"

#include <algorithm>

#include "crypto/hash.h"

namespace swarma::content::publish {

BlobQueue::BlobQueue(unsigned threads, std::size_t max_waiting_bytes, Deliver deliver, FindMissing find_missing)
    : max_waiting_bytes_(max_waiting_bytes), deliver_(std::move(deliver)), find_missing_(std::move(find_missing)) {
  for (unsigned i = 0; i < std::max(threads, 1u); ++i) threads_.emplace_back([this] { deliver_all(); });
}

BlobQueue::~BlobQueue() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

Result<void> BlobQueue::put(const BlobId& id, Bytes bytes) {
  return enqueue({.bytes = std::move(bytes), .name = id});
}

Result<std::future<BlobId>> BlobQueue::put(Bytes plaintext, SegmentSeal seal) {
  std::promise<BlobId> promise;
  std::future<BlobId> name = promise.get_future();
  SWARMA_CHECK(enqueue({.bytes = std::move(plaintext), .name = Unsealed{std::move(seal), std::move(promise)}}));
  return name;
}

Result<void> BlobQueue::enqueue(Item item) {
  std::unique_lock lock(mutex_);
  // A blob larger than the bound still passes, alone.
  item.waiting_bytes = item.bytes.size();
  delivered_.wait(
      lock, [&] { return error_ || waiting_bytes_ == 0 || waiting_bytes_ + item.waiting_bytes <= max_waiting_bytes_; });
  if (error_) return std::unexpected(*error_);
  waiting_bytes_ += item.waiting_bytes;
  item.ticket = next_ticket_++;
  undelivered_.insert(item.ticket);
  queue_.push_back(std::move(item));
  lock.unlock();
  work_.notify_one();
  return {};
}

Result<void> BlobQueue::flush() {
  std::unique_lock lock(mutex_);
  const std::uint64_t end = next_ticket_;
  delivered_.wait(lock, [&] { return error_ || undelivered_.empty() || *undelivered_.begin() >= end; });
  if (error_) return std::unexpected(*error_);
  return {};
}

Bytes BlobQueue::take_buffer(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  const auto fits = spare_.lower_bound(bytes);
  if (fits == spare_.end()) return {};
  spare_bytes_ -= fits->first;
  return std::move(spare_.extract(fits).mapped());
}

void BlobQueue::keep_spare(Bytes buffer) {
  const std::size_t capacity = buffer.capacity();
  if (waiting_bytes_ + spare_bytes_ + capacity > max_waiting_bytes_) return;
  spare_bytes_ += capacity;
  spare_.emplace(capacity, std::move(buffer));
}

Result<void> BlobQueue::deliver(Item& item) {
  if (const auto* id = std::get_if<BlobId>(&item.name)) return deliver_(*id, item.bytes);
  auto& unsealed = std::get<Unsealed>(item.name);
  unsealed.seal(item.bytes);
  const BlobId id = crypto::blob_id_of(item.bytes);
  SWARMA_CHECK(deliver_(id, item.bytes));
  unsealed.name.set_value(id);
  return {};
}

void BlobQueue::deliver_all() {
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [&] { return stopping_ || error_ || !queue_.empty(); });
    if (stopping_ || error_) return;
    Item item = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    const auto delivered = deliver(item);
    lock.lock();
    waiting_bytes_ -= item.waiting_bytes;
    if (delivered) {
      undelivered_.erase(item.ticket);
      keep_spare(std::move(item.bytes));
    } else if (!error_) {
      error_ = delivered.error();
      work_.notify_all();
    }
    delivered_.notify_all();
  }
}

}  // namespace swarma::content::publish
