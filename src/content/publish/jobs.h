// Films a node packages itself, one after the other, from its spool. A request is on disk (sealed under the master key:
// it may hold codes) before it is acknowledged; after a restart it is taken up again, and the publisher's journal keeps
// it from encoding twice. Safe for concurrent use.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "content/publish/publisher.h"
#include "content/publish/spool.h"

namespace swarma::content::publish {

inline constexpr std::size_t kMaxJobs = 256;  // remembered, finished ones included

struct UploadedCaptions {
  std::string language;  // BCP 47
  std::string upload_id;
  std::string encoding = {};  // as its creator named it; empty: to be found out
};

struct JobRequest {
  std::string upload_id;
  std::string name, summary, language;
  std::vector<std::string> tags;
  std::map<std::string, std::pair<std::string, std::string>> texts;  // further languages: name, summary
  std::string policy;                                                // canonical JSON
  std::string codes = "{}";
  std::string ladder = "auto";
  std::vector<UploadedCaptions> captions;
  std::int64_t poster_ms = -1;
  std::string poster;    // upload id of a picture; empty: one of the film
  std::string title_id;  // a new revision of this title; empty: a new title
};

enum class JobState { Queued, Working, Done, Failed, Cancelled };
std::string_view to_string(JobState state);

struct JobStatus {
  std::string id;
  JobState state = JobState::Queued;
  std::string name;
  std::string stage = "probe";
  double fraction = 0, speed = 0, seconds_left = -1;
  std::optional<PublishResult> result;
  std::optional<Error> error;
  std::uint64_t version = 0;  // grows with every change
};

struct JobPorts {
  const crypto::Identity& identity;
  const Clock& clock;
  Spool& spool;
  title::KeyAgentRef agent;
  std::function<std::unique_ptr<BlobSink>()> make_sink;
  TitlePort& titles;
  /// The next revision of a title of this creator.
  std::function<Result<ExistingTitle>(const TitleId&)> find_existing;
  std::filesystem::path data_folder;
};

class MediaJobs {
 public:
  /// Finds what a restart interrupted; start() takes it up. The references in `ports` outlive it.
  static Result<std::unique_ptr<MediaJobs>> open(const std::filesystem::path& folder, JobPorts ports);
  ~MediaJobs();
  /// Begins to work, once everything the ports lead to is there.
  void start();

  /// Conflict ("upload_incomplete"), BadRequest for a bad ladder or title.
  Result<std::string> add(const JobRequest& request);
  std::optional<JobStatus> find(std::string_view id);
  std::vector<JobStatus> list();
  /// Stops it and forgets its upload. NotFound ("media_not_found").
  Result<void> cancel(std::string_view id);
  /// The status once it differs from `version`, or as it is after `patience`.
  std::optional<JobStatus> wait(std::string_view id, std::uint64_t version, std::chrono::milliseconds patience);

 private:
  struct Job {
    JobRequest request;
    JobStatus status;
    std::atomic<bool> cancel{false};
  };
  MediaJobs(std::filesystem::path folder, JobPorts ports);
  Result<void> load();
  Result<void> save(const std::string& id, const JobRequest& request);
  Result<PublishRequest> prepare(const JobRequest& request);
  void work();
  void run(Job& job);
  void change(Job& job, const std::function<void(JobStatus&)>& edit);
  void forget(const std::string& id, const JobRequest& request);

  std::filesystem::path folder_;
  JobPorts ports_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::shared_ptr<Job>, std::less<>> jobs_;
  std::deque<std::shared_ptr<Job>> queue_;
  bool stopping_ = false;
  std::thread worker_;
};

}  // namespace swarma::content::publish
