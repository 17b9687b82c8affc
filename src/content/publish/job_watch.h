// Tells listeners of every change of the packaging jobs they watch, wherever the job runs: changes made in this process
// at once, those of other nodes when the rows are looked at next. One thread, however many listeners.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "content/publish/job_status.h"

namespace swarma::content::publish {

class JobWatch {
 public:
  using Look = std::function<Result<JobStatus>(const std::string& id)>;
  /// Gets the present status first, then each change. Must not block. False: it has heard enough.
  using Listener = std::move_only_function<bool(const JobStatus& status)>;

  /// `look` reads a job's row; NotFound lets go of the job's listeners. It outlives this.
  explicit JobWatch(Look look) : look_(std::move(look)), thread_([this] { work(); }) {}
  ~JobWatch();
  JobWatch(const JobWatch&) = delete;

  // Safe for concurrent use.
  void add(std::string id, Listener listener);
  /// Something has changed.
  void notify();

 private:
  struct Watched {
    std::int64_t version = -1;  // that the listeners have heard of
    std::vector<Listener> listeners, newcomers;
  };
  void work();
  void tell(const std::string& id, Watched& watched);

  const Look look_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::vector<Listener>> arrivals_;
  bool notified_ = false, stopping_ = false;
  std::map<std::string, Watched> watched_;  // of the thread alone
  std::thread thread_;
};

}  // namespace swarma::content::publish
