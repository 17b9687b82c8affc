#include "content/publish/jobs.h"

#include <algorithm>

#include "base/log.h"
#include "base/random.h"
#include "base/stopwatch.h"
#include "content/publish/reviser.h"
#include "crypto/aead.h"

namespace swarma::content::publish {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxAttempts = 10;                 // a job that takes its node down, or never gets through
constexpr std::chrono::seconds kRetryPause{5};   // after the first attempt; longer after each
constexpr std::chrono::milliseconds kLook{500};  // at the rows, for jobs and changes made at other nodes
constexpr std::chrono::milliseconds kShow{500};  // of progress
constexpr int kBeatsInLease = 10;

/// The node is to blame, not the film: it may work later, or elsewhere.
bool is_passing(const Error& error) {
  return error.code == ErrorCode::Unavailable || error.code == ErrorCode::Io;
}

}  // namespace

/// One job at work here: the publisher's thread changes the status, another one shows it and keeps the lease.
struct MediaJobs::Run {
  std::string id;
  std::atomic<bool> cancel{false};  // stops the publisher
  std::mutex mutex;
  std::condition_variable over;
  bool finished = false, changed = false, lost = false, cancelled = false;
  JobStatus status;
  std::mutex beating;  // one beat at a time
  std::chrono::steady_clock::time_point last_beat;
};

namespace {

/// Lets a record through only while the job is still ours.
class LeasedTitles final : public PublishPort {
 public:
  LeasedTitles(PublishPort& titles, std::function<bool()> is_ours) : titles_(titles), is_ours_(std::move(is_ours)) {}
  Result<void> publish(std::string_view record_jws, std::string_view sealed_jwe) override {
    if (!is_ours_()) return fail(ErrorCode::Unavailable, "lease_lost", "Another node works on this film now.");
    return titles_.publish(record_jws, sealed_jwe);
  }

 private:
  PublishPort& titles_;
  std::function<bool()> is_ours_;
};

}  // namespace

MediaJobs::MediaJobs(JobPorts ports)
    : ports_(std::move(ports)), rows_(ports_.database, ports_.clock, ports_.home, ports_.lease) {}

Result<std::unique_ptr<MediaJobs>> MediaJobs::open(JobPorts ports) {
  std::unique_ptr<MediaJobs> jobs(new MediaJobs(std::move(ports)));
  jobs->listening_ = jobs->ports_.bus.subscribe(std::string(kJobChanged), [raw = jobs.get()](std::string_view) {
    raw->changed_.notify_all();
    raw->watch_.notify();
  });
  if (const auto freed = jobs->rows_.free_own(); !freed)  // then a lease has to pass
    log::warning("media_jobs_not_freed", {{"reason", freed.error().reason}});
  jobs->worker_ = std::thread([raw = jobs.get()] { raw->work(); });
  return jobs;
}

MediaJobs::~MediaJobs() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (running_ != nullptr) running_->cancel = true;
  }
  changed_.notify_all();
  if (worker_.joinable()) worker_.join();
}

bool MediaJobs::is_stopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

Result<std::string> MediaJobs::add(const JobRequest& asked) {
  SWARMA_RETURN_IF_ERROR(prepare(asked));
  JobRequest request = asked;
  request.nonce = to_base64url(random_array<16>());
  JobStatus status;
  status.name = request.name;
  const std::string id = to_hex(random_array<16>());
  std::string text = write_request(request);
  const Bytes sealed = crypto::wrap(ports_.identity.master, kJobContext, view(text));
  crypto::wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
  SWARMA_RETURN_IF_ERROR(rows_.add(id, status, sealed, request.uploads()));
  notify(id);
  return id;
}

Result<JobRequest> MediaJobs::open_request(const ClaimedJob& job) {
  SWARMA_TRY(Bytes plain, crypto::unwrap(ports_.identity.master, kJobContext, job.sealed));
  auto request = read_request(as_text(plain));
  crypto::wipe(plain);
  return request;
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
    SWARMA_TRY(existing, next_revision(ports_.visible, ports_.identity.signing.did(), id));
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
                        .nonce = r.nonce,
                        .agent = ports_.agent,
                        .poster_at_us = r.poster_ms < 0 ? -1 : r.poster_ms * 1000,
                        .poster = std::move(poster),
                        .destination = "this node",
                        .data_folder = ports_.data_folder};
}

/// What an earlier worker published before it died.
std::optional<PublishResult> MediaJobs::find_published(const JobRequest& request) {
  if (!request.title_id.empty()) return std::nullopt;
  const auto title = ports_.visible.get(title::make_title_id(ports_.identity.signing.did(), request.nonce));
  if (!title) return std::nullopt;
  return PublishResult{.id = title->record.id,
                       .revision = title->record.revision,
                       .duration_ms = title->record.duration_ms,
                       .renditions = {},
                       .tracks = {},
                       .record = title->record_jws,
                       .notes = {}};
}

void MediaJobs::work() {
  bool well = true;
  while (!is_stopping()) {
    const auto job = rows_.claim();
    if (!job && well) log::warning("media_jobs_unreadable", {{"reason", job.error().reason}});
    well = job.has_value();
    if (job && *job) {
      run(**job);
      continue;
    }
    std::unique_lock lock(mutex_);
    if (!stopping_) changed_.wait_for(lock, kLook);
  }
}

/// Keeps the lease and shows the progress. False once the job is lost: then the publisher is told to stop.
bool MediaJobs::beat(Run& run) {
  const std::lock_guard one_at_a_time(run.beating);
  std::optional<std::string> status;
  {
    const std::lock_guard lock(run.mutex);
    if (run.lost) return false;
    if (std::exchange(run.changed, false)) status = write_status(run.status);
  }
  const auto lease = rows_.beat(run.id, status);
  const auto now = ports_.clock.monotonic();
  const std::lock_guard lock(run.mutex);
  if (lease && *lease != Lease::Lost) run.last_beat = now;
  // Without an answer the job counts as lost well before another node may think so.
  if (lease ? *lease == Lease::Lost : now - run.last_beat >= rows_.lease() * 2 / 3) run.lost = true;
  if (lease && *lease == Lease::Cancelled) run.cancelled = true;
  if (run.lost || run.cancelled) run.cancel = true;
  if (status) notify(run.id);
  return !run.lost;
}

void MediaJobs::run(const ClaimedJob& job) {
  Run run;
  run.id = job.id;
  run.status = job.status;
  run.cancelled = job.cancel;
  run.last_beat = ports_.clock.monotonic();
  {
    const std::lock_guard lock(mutex_);
    running_ = &run;
    run.cancel = stopping_ || job.cancel;
  }
  notify(job.id);
  std::thread pulse([&] {
    Stopwatch last_beat;
    std::unique_lock lock(run.mutex);
    while (!run.finished) {
      run.over.wait_for(lock, kShow);
      if (run.finished || (!run.changed && last_beat.elapsed() < rows_.lease() / kBeatsInLease)) continue;
      lock.unlock();
      last_beat.restart();
      beat(run);
      lock.lock();
    }
  });
  Result<PublishResult> result = fail(ErrorCode::Unavailable, "cancelled", "Publishing was stopped.");
  if (!run.cancel) result = package(job, run);
  {
    const std::lock_guard lock(run.mutex);
    run.finished = true;
  }
  run.over.notify_all();
  pulse.join();
  {
    const std::lock_guard lock(mutex_);
    running_ = nullptr;
  }
  end(job, run, std::move(result));
  notify(job.id);
}

Result<PublishResult> MediaJobs::package(const ClaimedJob& job, Run& run) {
  SWARMA_TRY(const JobRequest asked, open_request(job));
  if (auto published = find_published(asked)) return *std::move(published);
  if (job.attempts > kMaxAttempts)
    return fail(ErrorCode::Unavailable, "job_gave_up",
                "This film could not be packaged in several attempts; the log of the node says what happened.");
  SWARMA_TRY(const PublishRequest request, prepare(asked));
  const auto progress = [&](const PublishProgress& p) {
    const std::lock_guard lock(run.mutex);
    run.status.stage = p.stage;
    run.status.fraction = p.fraction;
    run.status.speed = p.speed;
    run.status.seconds_left = p.seconds_left;
    run.changed = true;
  };
  LeasedTitles titles(ports_.titles, [&] { return beat(run); });
  const auto sink = ports_.make_sink();
  return publish(request, ports_.identity, ports_.clock, *sink, titles, progress, run.cancel);
}

void MediaJobs::end(const ClaimedJob& job, Run& run, Result<PublishResult> result) {
  if (run.lost) return log::warning("media_job_lost", {{"id", job.id}});  // whoever has it goes on
  const bool passing = !result && !run.cancelled && is_passing(result.error());
  if ((!result && is_stopping() && !run.cancelled) || (passing && job.attempts < kMaxAttempts)) {
    const auto pause = is_stopping() ? std::nullopt : std::optional<std::chrono::seconds>(kRetryPause * job.attempts);
    if (const auto released = rows_.release(job.id, pause); !released)
      log::warning("media_job_not_released", {{"id", job.id}, {"reason", released.error().reason}});
    if (passing) log::warning("media_job_waits", {{"id", job.id}, {"reason", result.error().reason}});
    return;
  }
  JobStatus status = run.status;
  status.state = result ? JobState::Done : run.cancelled ? JobState::Cancelled : JobState::Failed;
  if (result)
    status.result = *std::move(result);
  else
    status.error = result.error();
  const auto finished = rows_.finish(job.id, status, passing ? Spool::Fate::Keep : Spool::Fate::Remove);
  if (!finished || !*finished) return log::warning("media_job_not_finished", {{"id", job.id}});  // taken up again
  if (const auto tidied = ports_.spool.tidy(); !tidied)
    log::warning("upload_not_removed", {{"reason", tidied.error().reason}});
  log::info("media_job", {{"id", job.id}, {"state", std::string(to_string(status.state))}});
}

Result<JobStatus> MediaJobs::get(std::string_view id) {
  SWARMA_TRY(auto status, rows_.find(id));
  if (!status) return fail(ErrorCode::NotFound, "media_not_found", "There is no such film being packaged.");
  return *std::move(status);
}

Result<void> MediaJobs::cancel(std::string_view id) {
  SWARMA_TRY(const JobState state, rows_.cancel(id));
  {
    const std::lock_guard lock(mutex_);
    if (running_ != nullptr && running_->id == id) {
      const std::lock_guard run_lock(running_->mutex);
      running_->cancelled = true;
      running_->cancel = true;
    }
  }
  notify(id);
  return state == JobState::Cancelled ? ports_.spool.tidy() : Result<void>();
}

}  // namespace swarma::content::publish
