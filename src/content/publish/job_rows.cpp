#include "content/publish/job_rows.h"

#include "base/random.h"

namespace swarma::content::publish {
namespace {

std::unexpected<Error> unknown() {
  return fail(ErrorCode::NotFound, "media_not_found", "There is no such film being packaged.");
}

/// Columns: id, state, version, status.
JobStatus status_of(const db::Row& row) {
  JobStatus status = read_status(row.text(3));
  status.id = row.text(0);
  status.state = job_state_of(row.text(1));
  status.version = row.integer(2);
  return status;
}

}  // namespace

JobRows::JobRows(db::Database& database, const Clock& clock, std::string home, std::chrono::seconds lease)
    : database_(database),
      clock_(clock),
      home_(std::move(home)),
      worker_(home_ + "/" + to_hex(random_array<8>())),
      lease_(lease) {}

Result<std::optional<JobStatus>> JobRows::find(std::string_view id) {
  SWARMA_TRY(const db::Rows rows,
             database_.query("SELECT id, state, version, status FROM media_jobs WHERE id = $1", {std::string(id)}));
  if (rows.empty()) return std::nullopt;
  return status_of(rows.front());
}

Result<std::vector<JobStatus>> JobRows::list() {
  SWARMA_TRY(const db::Rows rows, database_.query("SELECT id, state, version, status FROM media_jobs ORDER BY no"));
  std::vector<JobStatus> out;
  for (const db::Row& row : rows) out.push_back(status_of(row));
  return out;
}

Result<void> JobRows::add(const std::string& id, const JobStatus& status, ByteView sealed,
                          const std::vector<std::string>& uploads) {
  return database_.transact(
      [&](db::Session& session) -> Result<void> {
        SWARMA_TRY(const db::Rows rows, session.query("SELECT no, state FROM media_jobs ORDER BY no"));
        std::size_t kept = rows.size();
        for (const db::Row& row : rows) {  // the oldest finished one makes room
          if (kept < kMaxJobs) break;
          if (row.text(1) == "queued" || row.text(1) == "working") continue;
          SWARMA_RETURN_IF_ERROR(session.execute("DELETE FROM media_jobs WHERE no = $1", {row.integer(0)}));
          --kept;
        }
        if (kept >= kMaxJobs)
          return fail(ErrorCode::TooMany, "too_many_jobs", "Too many films are waiting. Try again later.",
                      std::chrono::minutes(1));
        SWARMA_RETURN_IF_ERROR(Spool::hold(session, uploads, id));
        SWARMA_RETURN_IF_ERROR(session.execute(
            "INSERT INTO media_jobs (id, request, state, worker, beat, attempts, cancel, version, status) "
            "VALUES ($1, $2, 'queued', '', 0, 0, 0, 1, $3)",
            {id, Bytes(sealed.begin(), sealed.end()), write_status(status)}));
        return {};
      },
      db::Durability::Full);
}

Result<JobState> JobRows::cancel(std::string_view id) {
  JobState state = JobState::Queued;
  SWARMA_RETURN_IF_ERROR(database_.transact([&](db::Session& session) -> Result<void> {
    SWARMA_TRY(const db::Rows rows, session.query("SELECT state FROM media_jobs WHERE id = $1", {std::string(id)}));
    if (rows.empty()) return unknown();
    state = job_state_of(rows.front().text(0));
    if (state == JobState::Working)
      SWARMA_RETURN_IF_ERROR(session.execute("UPDATE media_jobs SET cancel = 1 WHERE id = $1", {std::string(id)}));
    if (state != JobState::Queued) return {};
    state = JobState::Cancelled;
    SWARMA_RETURN_IF_ERROR(
        session.execute("UPDATE media_jobs SET state = 'cancelled', request = $2, version = version + 1 WHERE id = $1",
                        {std::string(id), Bytes()}));
    return Spool::release(session, std::string(id), Spool::Fate::Remove);
  }));
  return state;
}

Result<void> JobRows::free_own() {
  SWARMA_RETURN_IF_ERROR(
      database_.execute("UPDATE media_jobs SET state = 'queued', worker = '', beat = beat + 1, version = version + 1 "
                        "WHERE state = 'working' AND worker LIKE $1",
                        {home_ + "/%"}));
  return {};
}

/// Columns: id, state, worker, beat.
bool JobRows::is_free(const db::Row& row) {
  const std::string& id = row.text(0);
  const auto now = clock_.monotonic();
  if (const auto pause = not_before_.find(id); pause != not_before_.end()) {
    if (now < pause->second) return false;
    not_before_.erase(pause);
  }
  if (row.text(1) == "queued" || row.text(2) == worker_)
    return true;  // ours, though we do not work on it: a lost answer
  Seen& seen = seen_.try_emplace(id, Seen{row.integer(3), now}).first->second;
  if (seen.beat != row.integer(3)) seen = {row.integer(3), now};
  return now - seen.since >= lease_;
}

Result<std::optional<ClaimedJob>> JobRows::claim() {
  SWARMA_TRY(const db::Rows rows, database_.query("SELECT id, state, worker, beat FROM media_jobs "
                                                  "WHERE state = 'queued' OR state = 'working' ORDER BY no"));
  // Who could not look, because the database was away, has seen nobody miss a beat: perhaps nobody could beat either.
  const auto now = clock_.monotonic();
  if (now - last_look_ > lease_ / 3)
    for (auto& [id, seen] : seen_) seen.since = now;
  last_look_ = now;
  std::erase_if(seen_, [&](const auto& entry) {
    return std::ranges::none_of(rows, [&](const db::Row& row) { return row.text(0) == entry.first; });
  });
  for (const db::Row& row : rows) {
    if (!is_free(row)) continue;
    SWARMA_TRY(auto taken, take(row));
    if (taken) return taken;
  }
  return std::nullopt;
}

/// One statement, which only succeeds if nothing has changed since the row was read.
Result<std::optional<ClaimedJob>> JobRows::take(const db::Row& row) {
  std::optional<ClaimedJob> job;
  SWARMA_RETURN_IF_ERROR(database_.transact([&](db::Session& session) -> Result<void> {
    job.reset();
    SWARMA_TRY(const db::Rows taken,
               session.query("UPDATE media_jobs SET state = 'working', worker = $5, beat = beat + 1, "
                             "attempts = attempts + 1, version = version + 1 "
                             "WHERE id = $1 AND state = $2 AND worker = $3 AND beat = $4 "
                             "RETURNING id, state, version, status, request, attempts, cancel",
                             {row.text(0), row.text(1), row.text(2), row.integer(3), worker_}));
    if (taken.empty()) return {};
    const db::Row& mine = taken.front();
    job = ClaimedJob{.id = mine.text(0),
                     .sealed = mine.blob(4),
                     .status = status_of(mine),
                     .attempts = static_cast<int>(mine.integer(5)),
                     .cancel = mine.integer(6) != 0};
    return {};
  }));
  return job;
}

Result<Lease> JobRows::beat(const std::string& id, const std::optional<std::string>& status) {
  db::Rows rows;
  SWARMA_RETURN_IF_ERROR(database_.transact([&](db::Session& session) -> Result<void> {
    if (status) {
      SWARMA_TRY(rows, session.query("UPDATE media_jobs SET beat = beat + 1, version = version + 1, status = $3 "
                                     "WHERE id = $1 AND worker = $2 AND state = 'working' RETURNING cancel",
                                     {id, worker_, *status}));
    } else {
      SWARMA_TRY(rows, session.query("UPDATE media_jobs SET beat = beat + 1 "
                                     "WHERE id = $1 AND worker = $2 AND state = 'working' RETURNING cancel",
                                     {id, worker_}));
    }
    return {};
  }));
  if (rows.empty()) return Lease::Lost;
  return rows.front().integer(0) != 0 ? Lease::Cancelled : Lease::Held;
}

Result<bool> JobRows::release(const std::string& id, std::optional<std::chrono::seconds> pause) {
  if (pause) not_before_[id] = clock_.monotonic() + *pause;
  SWARMA_TRY(const std::int64_t changed,
             database_.execute("UPDATE media_jobs SET state = 'queued', worker = '', version = version + 1, "
                               "attempts = attempts - $3 WHERE id = $1 AND worker = $2 AND state = 'working'",
                               {id, worker_, std::int64_t{pause ? 0 : 1}}));
  return changed > 0;
}

Result<bool> JobRows::finish(const std::string& id, const JobStatus& status, Spool::Fate uploads) {
  std::int64_t changed = 0;
  SWARMA_RETURN_IF_ERROR(database_.transact(
      [&](db::Session& session) -> Result<void> {
        SWARMA_TRY(changed,
                   session.execute("UPDATE media_jobs SET state = $3, request = $4, status = $5, version = version + 1 "
                                   "WHERE id = $1 AND worker = $2 AND state = 'working'",
                                   {id, worker_, std::string(to_string(status.state)), Bytes(), write_status(status)}));
        return changed > 0 ? Spool::release(session, id, uploads) : Result<void>();
      },
      db::Durability::Full));
  return changed > 0;
}

}  // namespace swarma::content::publish
