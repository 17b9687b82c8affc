// What the studio sees of a packaging job, and what was asked for; both as JSON for their rows.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "content/publish/publisher.h"

namespace swarma::content::publish {

struct UploadedCaptions {
  std::string language;  // BCP 47
  std::string upload_id;
  std::string encoding = {};  // as its creator named it; empty: to be found out
};

struct JobRequest {
  std::string upload_id;
  std::string name, summary, language;
  std::vector<std::string> tags;
  title::LocalTexts texts;  // further languages
  std::string policy;       // canonical JSON
  title::CodeLists codes;
  std::string ladder = "auto";
  std::vector<UploadedCaptions> captions;
  std::int64_t poster_ms = -1;
  std::string poster;    // upload id of a picture; empty: one of the film
  std::string title_id;  // a new revision of this title; empty: a new title
  std::string nonce;     // of the new title's id: the same one however often the job is begun. Set by MediaJobs.

  /// All that it needs.
  std::vector<std::string> uploads() const;
};

enum class JobState { Queued, Working, Done, Failed, Cancelled };
std::string_view to_string(JobState state);
JobState job_state_of(std::string_view text);

struct JobStatus {
  std::string id;
  JobState state = JobState::Queued;
  std::string name;
  std::string stage = "probe";
  double fraction = 0, speed = 0, seconds_left = -1;
  std::optional<PublishResult> result;  // without its tracks
  std::optional<Error> error;
  std::int64_t version = 0;  // another one after every change
  bool is_over() const { return state != JobState::Queued && state != JobState::Working; }
};

std::string write_request(const JobRequest& request);
/// Corrupt ("job_unreadable") for what write_request did not write.
Result<JobRequest> read_request(std::string_view text);
/// Without id, state and version, which have columns of their own.
std::string write_status(const JobStatus& status);
JobStatus read_status(std::string_view text);

}  // namespace swarma::content::publish
