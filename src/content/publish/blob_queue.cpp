#include "content/publish/blob_queue.h"

#include <algorithm>

#include "crypto/hash.h"

namespace swarma::content::publish {

BlobQueue::BlobQueue(unsigned threads, std::size_t max_waiting_bytes, Deliver deliver, FindMissing find_missing,
                     DiscardBlobs discard)
    : max_waiting_bytes_(max_waiting_bytes),
      deliver_(std::move(deliver)),
      find_missing_(std::move(find_missing)),
      discard_(std::move(discard)) {
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
  SWARMA_RETURN_IF_ERROR(
      enqueue({.bytes = std::move(plaintext), .name = Unsealed{std::move(seal), std::move(promise)}}));
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

Result<void> BlobQueue::discard_new() {
  std::unique_lock lock(mutex_);
  if (!error_) error_ = Error{ErrorCode::Internal, "sink_spent", "A blob sink was used after it was given up."};
  work_.notify_all();
  delivered_.notify_all();
  delivered_.wait(lock, [&] { return delivering_ == 0; });
  const std::vector<NewBlob> written = std::exchange(written_, {});
  lock.unlock();
  return written.empty() ? Result<void>() : discard_(written);
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

Result<std::optional<NewBlob>> BlobQueue::deliver(Item& item) {
  auto* unsealed = std::get_if<Unsealed>(&item.name);
  if (unsealed != nullptr) unsealed->seal(item.bytes);
  const BlobId id = unsealed != nullptr ? crypto::blob_id_of(item.bytes) : std::get<BlobId>(item.name);
  SWARMA_TRY(const auto mark, deliver_(id, item.bytes));
  if (unsealed != nullptr) unsealed->name.set_value(id);
  if (!mark) return std::nullopt;
  return NewBlob{id, *mark};
}

void BlobQueue::deliver_all() {
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [&] { return stopping_ || error_ || !queue_.empty(); });
    if (stopping_ || error_) return;
    Item item = std::move(queue_.front());
    queue_.pop_front();
    ++delivering_;
    lock.unlock();
    const auto delivered = deliver(item);
    lock.lock();
    --delivering_;
    waiting_bytes_ -= item.waiting_bytes;
    if (delivered) {
      if (*delivered) written_.push_back(**delivered);
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
