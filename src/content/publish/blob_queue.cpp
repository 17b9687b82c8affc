#include "content/publish/blob_queue.h"

#include <algorithm>

namespace swarma::content::publish {

BlobQueue::BlobQueue(unsigned threads, std::size_t max_waiting_bytes, Deliver deliver, FindMissing find_missing)
    : max_waiting_bytes_(max_waiting_bytes), deliver_(std::move(deliver)), find_missing_(std::move(find_missing)) {
  for (unsigned i = 0; i < std::max(threads, 1u); ++i) threads_.emplace_back([this] { work(); });
}

BlobQueue::~BlobQueue() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

Result<void> BlobQueue::put(const BlobId& id, Bytes bytes) {
  std::unique_lock lock(mutex_);
  // A blob larger than the bound still passes, alone.
  changed_.wait(lock, [&] { return error_ || waiting_bytes_ == 0 || waiting_bytes_ + bytes.size() <= max_waiting_bytes_; });
  if (error_) return std::unexpected(*error_);
  waiting_bytes_ += bytes.size();
  undelivered_.insert(next_ticket_);
  queue_.push_back({next_ticket_++, id, std::move(bytes)});
  lock.unlock();
  changed_.notify_all();
  return {};
}

Result<void> BlobQueue::flush() {
  std::unique_lock lock(mutex_);
  const std::uint64_t end = next_ticket_;
  changed_.wait(lock, [&] { return error_ || undelivered_.empty() || *undelivered_.begin() >= end; });
  if (error_) return std::unexpected(*error_);
  return {};
}

Bytes BlobQueue::take_buffer() {
  const std::lock_guard lock(mutex_);
  if (spare_.empty()) return {};
  Bytes buffer = std::move(spare_.back());
  spare_.pop_back();
  return buffer;
}

void BlobQueue::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stopping_ || error_ || !queue_.empty(); });
    if (stopping_ || error_) return;
    Item item = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    const auto delivered = deliver_(item.id, item.bytes);
    lock.lock();
    if (!delivered && !error_) error_ = delivered.error();
    if (delivered) undelivered_.erase(item.ticket);
    waiting_bytes_ -= item.bytes.size();
    if (spare_.size() < threads_.size()) spare_.push_back(std::move(item.bytes));
    changed_.notify_all();
  }
}

}  // namespace swarma::content::publish
