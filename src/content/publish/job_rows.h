// The rows of packaging jobs: what the studio sees of each, beside the item of the queue (work/queue.h) that says who
// works on it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "content/publish/job_status.h"
#include "content/publish/spool.h"
#include "db/database.h"
#include "work/queue.h"

namespace swarma::content::publish {

inline constexpr std::string_view kJobContext = "swarma/1 media job";  // of sealed requests
inline constexpr std::size_t kMaxJobs = 256;                           // remembered, finished ones included

struct ClaimedJob {
  std::string id;
  Bytes sealed;  // the request
  JobStatus status;
  int attempts = 1;  // this one included
  bool cancel = false;
};

/// What a beat says.
enum class Lease { Held, Cancelled, Lost };

/// find, list, add and cancel are safe for concurrent use, by several nodes too; the rest is for one worker's thread,
/// but beat() may be called from another while the job runs.
class JobRows {
 public:
  /// `home` and `lease` are the queue's.
  JobRows(db::Database& database, const Clock& clock, std::string home, std::chrono::seconds lease);

  Result<std::optional<JobStatus>> find(std::string_view id);
  Result<std::vector<JobStatus>> list();
  /// Takes the uploads for the job. TooMany ("too_many_jobs"), Conflict ("upload_in_use").
  Result<void> add(const std::string& id, const JobStatus& status, ByteView sealed,
                   const std::vector<std::string>& uploads);
  /// A waiting job is over at once, with its new state; a running one is told. NotFound ("media_not_found").
  Result<JobState> cancel(std::string_view id);

  /// What this home left behind when it was killed is free again.
  Result<void> free_own();
  /// The first job that waits, or whose worker is dead. Remembers what it saw for the next call.
  Result<std::optional<ClaimedJob>> claim();
  /// Shows the status, if there is one.
  Result<Lease> beat(const std::string& id, const std::optional<std::string>& status);
  /// Back to the queue: for anybody at once and as if it had not been begun (nullopt), or for this worker only after a
  /// pause. False if the job is not ours any more.
  Result<bool> release(const std::string& id, std::optional<std::chrono::seconds> pause);
  /// The job is over, and so is the need for its uploads. False if it is not ours any more: then nothing changes.
  Result<bool> finish(const std::string& id, const JobStatus& status, Spool::Fate uploads);

  std::chrono::seconds lease() const { return queue_.lease(); }

 private:
  db::Database& database_;
  work::Queue queue_;
};

}  // namespace swarma::content::publish
