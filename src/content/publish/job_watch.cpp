#include "content/publish/job_watch.h"

namespace swarma::content::publish {
namespace {

constexpr std::chrono::milliseconds kLook{500};  // at the rows, for changes made at other nodes

}  // namespace

JobWatch::~JobWatch() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void JobWatch::add(std::string id, Listener listener) {
  {
    const std::lock_guard lock(mutex_);
    arrivals_[std::move(id)].push_back(std::move(listener));
  }
  changed_.notify_all();
}

void JobWatch::notify() {
  {
    const std::lock_guard lock(mutex_);
    notified_ = true;
  }
  changed_.notify_all();
}

void JobWatch::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto woken = [this] { return stopping_ || !arrivals_.empty() || (notified_ && !watched_.empty()); };
    if (watched_.empty())
      changed_.wait(lock, woken);
    else
      changed_.wait_for(lock, kLook, woken);
    notified_ = false;
    for (auto& [id, listeners] : std::exchange(arrivals_, {}))
      for (Listener& listener : listeners) watched_[id].newcomers.push_back(std::move(listener));
    lock.unlock();
    for (auto& [id, watched] : watched_) tell(id, watched);
    std::erase_if(watched_,
                  [](const auto& entry) { return entry.second.listeners.empty() && entry.second.newcomers.empty(); });
    lock.lock();
  }
}

void JobWatch::tell(const std::string& id, Watched& watched) {
  const Result<JobStatus> status = look_(id);
  if (!status && status.error().code == ErrorCode::NotFound) {
    watched.listeners.clear();
    watched.newcomers.clear();
    return;
  }
  if (status) {
    const auto has_enough = [&](Listener& listener) { return !listener(*status); };
    if (status->version != watched.version) std::erase_if(watched.listeners, has_enough);
    std::erase_if(watched.newcomers, has_enough);
    watched.version = status->version;
    for (Listener& listener : std::exchange(watched.newcomers, {})) watched.listeners.push_back(std::move(listener));
  }
}

}  // namespace swarma::content::publish
