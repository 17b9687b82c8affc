// Films a node packages itself, one after the other, from its spool. A job is a row, with its request sealed under the
// master key (it may hold codes), before it is acknowledged. It is seen from every node of the database, runs on one of
// them at a time, and is taken over by another when that one dies (job_rows.h); the new one begins anew, or goes on
// from the publisher's journal if it is the same node after a restart. Safe for concurrent use.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "content/publish/events.h"
#include "content/publish/job_rows.h"
#include "content/publish/job_watch.h"
#include "events/bus.h"

namespace swarma::content::publish {

struct JobPorts {
  const crypto::Identity& identity;
  const Clock& clock;
  db::Database& database;
  events::Bus& bus;
  Spool& spool;
  title::KeyAgentRef agent;
  std::function<std::unique_ptr<BlobSink>()> make_sink;
  PublishPort& titles;
  VisibleTitles& visible;
  std::filesystem::path data_folder;
  std::string home;                // names this node; the same after a restart, another one for every other node
  std::chrono::seconds lease{30};  // without a sign of life: the job of a dead node
};

class MediaJobs {
 public:
  /// Takes up what a restart interrupted, and begins to work. The references in `ports` outlive it.
  static Result<std::unique_ptr<MediaJobs>> open(JobPorts ports);
  ~MediaJobs();

  /// Conflict ("upload_incomplete", "upload_in_use"), BadRequest for a bad ladder or title.
  Result<std::string> add(const JobRequest& request);
  /// NotFound ("media_not_found").
  Result<JobStatus> get(std::string_view id);
  Result<std::vector<JobStatus>> list() { return rows_.list(); }
  /// Stops it and forgets its upload. NotFound ("media_not_found").
  Result<void> cancel(std::string_view id);
  /// Tells `listener` of the job's status and of every change, until the job is not known any more.
  void watch(std::string id, JobWatch::Listener listener) { watch_.add(std::move(id), std::move(listener)); }

 private:
  struct Run;
  explicit MediaJobs(JobPorts ports);
  Result<JobRequest> open_request(const ClaimedJob& job);
  Result<PublishRequest> prepare(const JobRequest& request);
  std::optional<PublishResult> find_published(const JobRequest& request);
  void work();
  void run(const ClaimedJob& job);
  Result<PublishResult> package(const ClaimedJob& job, Run& run);
  void end(const ClaimedJob& job, Run& run, Result<PublishResult> result);
  bool beat(Run& run);
  bool is_stopping();
  void notify(std::string_view id) { ports_.bus.publish(kJobChanged, id); }

  JobPorts ports_;
  JobRows rows_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Run* running_ = nullptr;
  bool stopping_ = false;
  JobWatch watch_{[this](const std::string& id) { return get(id); }};
  std::thread worker_;
  std::unique_ptr<events::Subscription> listening_;
};

}  // namespace swarma::content::publish
