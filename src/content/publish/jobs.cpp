#include "content/publish/jobs.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/log.h"
#include "base/random.h"
#include "crypto/aead.h"

namespace swarma::content::publish {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view kContext = "swarma/1 media job";
constexpr std::size_t kMaxJobFile = 1 << 20;

Json to_json(const JobRequest& r) {
  Json captions = Json::array();
  for (const UploadedCaptions& c : r.captions) captions.push_back({c.language, c.upload_id, c.encoding});
  return {{"upload_id", r.upload_id}, {"name", r.name},         {"summary", r.summary}, {"language", r.language},
          {"tags", r.tags},           {"policy", r.policy},     {"codes", r.codes},     {"ladder", r.ladder},
          {"poster_ms", r.poster_ms}, {"title_id", r.title_id}, {"captions", captions}, {"texts", r.texts},
          {"poster", r.poster}};
}

/// Reads what to_json() wrote and this node sealed: the shape is ours.
JobRequest from_json(const Json& j) {
  JobRequest r{j.at("upload_id"), j.at("name"),          j.at("summary"), j.at("language"), j.at("tags"),
               j.at("texts"),     j.at("policy"),        j.at("codes"),   j.at("ladder"),   {},
               j.at("poster_ms"), j.value("poster", ""), j.at("title_id")};
  for (const Json& c : j.at("captions"))  // without an encoding in jobs of older versions
    r.captions.push_back({c.at(0), c.at(1), c.size() > 2 ? c.at(2).get<std::string>() : std::string()});
  return r;
}

}  // namespace

std::string_view to_string(JobState state) {
  switch (state) {
    case JobState::Queued:
      return "queued";
    case JobState::Working:
      return "working";
    case JobState::Done:
      return "done";
    case JobState::Failed:
      return "failed";
    case JobState::Cancelled:
      return "cancelled";
  }
  return "failed";
}

MediaJobs::MediaJobs(fs::path folder, JobPorts ports) : folder_(std::move(folder)), ports_(std::move(ports)) {}

Result<std::unique_ptr<MediaJobs>> MediaJobs::open(const fs::path& folder, JobPorts ports) {
  SWARMA_CHECK(ensure_private_folder(folder));
  std::unique_ptr<MediaJobs> jobs(new MediaJobs(folder, std::move(ports)));
  SWARMA_CHECK(jobs->load());
  return jobs;
}

void MediaJobs::start() {
  worker_ = std::thread([this] { work(); });
}

MediaJobs::~MediaJobs() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const auto& [id, job] : jobs_) job->cancel = true;
  }
  changed_.notify_all();
  if (worker_.joinable()) worker_.join();
}

Result<void> MediaJobs::load() {
  std::error_code ec;
  const fs::directory_iterator entries(folder_, ec);
  if (ec) return fail(ErrorCode::Io, "io_failed", "Cannot list " + folder_.string() + ": " + ec.message() + ".");
  for (const fs::directory_entry& entry : entries) {
    if (entry.path().extension() != ".job") continue;
    SWARMA_TRY(const Bytes sealed, read_file(entry.path(), kMaxJobFile));
    const auto plain = crypto::unwrap(ports_.identity.master, kContext, sealed);
    const auto json = plain ? parse_json(as_text(*plain)) : Result<Json>(std::unexpected(plain.error()));
    if (!json) {
      log::warning("media_job_unreadable", {{"file", entry.path().filename().string()}});
      continue;
    }
    auto job = std::make_shared<Job>();
    job->request = from_json(*json);
    job->status.id = entry.path().stem().string();
    job->status.name = job->request.name;
    jobs_.emplace(job->status.id, job);
    queue_.push_back(job);
  }
  return {};
}

Result<void> MediaJobs::save(const std::string& id, const JobRequest& request) {
  const std::string text = to_json(request).dump(-1, ' ', false, Json::error_handler_t::replace);
  return write_file_durably(folder_ / (id + ".job"), crypto::wrap(ports_.identity.master, kContext, view(text)), 0600);
}

Result<std::string> MediaJobs::add(const JobRequest& request) {
  SWARMA_CHECK(prepare(request));
  auto job = std::make_shared<Job>();
  job->request = request;
  job->status.id = to_hex(random_array<16>());
  job->status.name = request.name;
  SWARMA_CHECK(save(job->status.id, request));
  {
    const std::lock_guard lock(mutex_);
    while (jobs_.size() >= kMaxJobs) {  // the oldest finished one makes room
      const auto finished = std::find_if(jobs_.begin(), jobs_.end(), [](const auto& entry) {
        return entry.second->status.state != JobState::Queued && entry.second->status.state != JobState::Working;
      });
      if (finished == jobs_.end())
        return fail(ErrorCode::TooMany, "too_many_jobs", "Too many films are waiting. Try again later.",
                    std::chrono::minutes(1));
      jobs_.erase(finished);
    }
    jobs_.emplace(job->status.id, job);
    queue_.push_back(job);
  }
  changed_.notify_all();
  return job->status.id;
}

Result<PublishRequest> MediaJobs::prepare(const JobRequest& r) {
  SWARMA_TRY(fs::path film, ports_.spool.film(r.upload_id));
  SWARMA_TRY(media::LadderChoice ladder, media::LadderChoice::parse(r.ladder));
  std::vector<media::SidecarCaptions> captions;
  for (const UploadedCaptions& c : r.captions) {
    SWARMA_TRY(fs::path file, ports_.spool.film(c.upload_id));
    captions.push_back({.language = c.language, .file = std::move(file), .encoding = c.encoding});
  }
  fs::path poster;
  if (!r.poster.empty()) {
    SWARMA_TRY(poster, ports_.spool.film(r.poster));
  }
  std::optional<ExistingTitle> existing;
  if (!r.title_id.empty()) {
    SWARMA_TRY(const TitleId id, TitleId::parse(r.title_id));
    SWARMA_TRY(existing, ports_.find_existing(id));
  }
  return PublishRequest{.file = std::move(film),
                        .name = r.name,
                        .summary = r.summary,
                        .language = r.language,
                        .tags = r.tags,
                        .texts = r.texts,
                        .policy = r.policy,
                        .codes = r.codes,
                        .ladder = std::move(ladder),
                        .captions = std::move(captions),
                        .existing = std::move(existing),
                        .agent = ports_.agent,
                        .poster_at_us = r.poster_ms < 0 ? -1 : r.poster_ms * 1000,
                        .poster = std::move(poster),
                        .destination = "this node",
                        .data_folder = ports_.data_folder};
}

void MediaJobs::work() {
  for (;;) {
    std::shared_ptr<Job> job;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (stopping_) return;
      job = queue_.front();
      queue_.pop_front();
    }
    if (!job->cancel) run(*job);
  }
}

void MediaJobs::run(Job& job) {
  change(job, [](JobStatus& s) { s.state = JobState::Working; });
  const auto request = prepare(job.request);
  const auto progress = [&](const PublishProgress& p) {
    change(job, [&](JobStatus& s) {
      s.stage = p.stage;
      s.fraction = p.fraction;
      s.speed = p.speed;
      s.seconds_left = p.seconds_left;
    });
  };
  const auto sink = ports_.make_sink();
  auto result = request ? publish(*request, ports_.identity, ports_.clock, *sink, ports_.titles, progress, job.cancel)
                        : Result<PublishResult>(std::unexpected(request.error()));
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;  // stays on disk: the next start takes it up
  }
  forget(job.status.id, job.request);
  change(job, [&](JobStatus& s) {
    s.state = result ? JobState::Done : job.cancel ? JobState::Cancelled : JobState::Failed;
    if (result)
      s.result = std::move(*result);
    else
      s.error = result.error();
  });
  log::info("media_job", {{"id", job.status.id}, {"state", std::string(to_string(job.status.state))}});
}

void MediaJobs::change(Job& job, const std::function<void(JobStatus&)>& edit) {
  {
    const std::lock_guard lock(mutex_);
    edit(job.status);
    ++job.status.version;
  }
  changed_.notify_all();
}

void MediaJobs::forget(const std::string& id, const JobRequest& request) {
  std::error_code ec;
  fs::remove(folder_ / (id + ".job"), ec);
  std::vector<std::string> uploads{request.upload_id};
  for (const UploadedCaptions& c : request.captions) uploads.push_back(c.upload_id);
  if (!request.poster.empty()) uploads.push_back(request.poster);
  for (const std::string& upload : uploads)
    if (const auto gone = ports_.spool.remove(upload); !gone)
      log::warning("upload_not_removed", {{"reason", gone.error().reason}});
}

std::optional<JobStatus> MediaJobs::find(std::string_view id) {
  const std::lock_guard lock(mutex_);
  const auto it = jobs_.find(id);
  if (it == jobs_.end()) return std::nullopt;
  return it->second->status;
}

std::vector<JobStatus> MediaJobs::list() {
  const std::lock_guard lock(mutex_);
  std::vector<JobStatus> out;
  for (const auto& [id, job] : jobs_) out.push_back(job->status);
  return out;
}

Result<void> MediaJobs::cancel(std::string_view id) {
  std::shared_ptr<Job> job;
  bool waiting = false;
  {
    const std::lock_guard lock(mutex_);
    const auto it = jobs_.find(id);
    if (it == jobs_.end()) return fail(ErrorCode::NotFound, "media_not_found", "There is no such film being packaged.");
    job = it->second;
    job->cancel = true;
    waiting = std::erase(queue_, job) > 0;
  }
  if (!waiting) return {};
  forget(job->status.id, job->request);
  change(*job, [](JobStatus& s) { s.state = JobState::Cancelled; });
  return {};
}

std::optional<JobStatus> MediaJobs::wait(std::string_view id, std::uint64_t version,
                                         std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  const auto it = jobs_.find(id);
  if (it == jobs_.end()) return std::nullopt;
  const std::shared_ptr<Job> job = it->second;
  changed_.wait_for(lock, patience, [&] { return stopping_ || job->status.version != version; });
  return job->status;
}

}  // namespace swarma::content::publish
