#include "content/publish/job_rows.h"

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
    : database_(database), queue_(database, clock, "packaging", std::move(home), lease) {}

Result<std::optional<JobStatus>> JobRows::find(std::string_view id) {
  SWARMA_TRY(const db::Rows rows,
             database_.query("SELECT id, state, version, status FROM publish_jobs WHERE id = $1", {std::string(id)}));
  if (rows.empty()) return std::nullopt;
  return status_of(rows.front());
}

Result<std::vector<JobStatus>> JobRows::list() {
  SWARMA_TRY(const db::Rows rows, database_.query("SELECT id, state, version, status FROM publish_jobs ORDER BY no"));
  std::vector<JobStatus> out;
  for (const db::Row& row : rows) out.push_back(status_of(row));
  return out;
}

Result<void> JobRows::add(const std::string& id, const JobStatus& status, ByteView sealed,
                          const std::vector<std::string>& uploads) {
  return database_.transact(
      [&](db::Session& session) -> Result<void> {
        SWARMA_TRY(const db::Rows rows, session.query("SELECT no, state FROM publish_jobs ORDER BY no"));
        std::size_t kept = rows.size();
        for (const db::Row& row : rows) {  // the oldest finished one makes room
          if (kept < kMaxJobs) break;
          if (row.text(1) == "queued" || row.text(1) == "working") continue;
          SWARMA_RETURN_IF_ERROR(session.execute("DELETE FROM publish_jobs WHERE no = $1", {row.integer(0)}));
          --kept;
        }
        if (kept >= kMaxJobs)
          return fail(ErrorCode::TooMany, "too_many_jobs", "Too many films are waiting. Try again later.",
                      std::chrono::minutes(1));
        SWARMA_RETURN_IF_ERROR(Spool::hold(session, uploads, id));
        SWARMA_RETURN_IF_ERROR(
            session.execute("INSERT INTO publish_jobs (id, state, cancel, version, status) "
                            "VALUES ($1, 'queued', 0, 1, $2)",
                            {id, write_status(status)}));
        SWARMA_TRY([[maybe_unused]] const bool added, queue_.put(session, id, sealed));
        return {};
      },
      db::Durability::Full);
}

Result<JobState> JobRows::cancel(std::string_view id) {
  JobState state = JobState::Queued;
  SWARMA_RETURN_IF_ERROR(database_.transact([&](db::Session& session) -> Result<void> {
    SWARMA_TRY(const db::Rows rows, session.query("SELECT state FROM publish_jobs WHERE id = $1", {std::string(id)}));
    if (rows.empty()) return unknown();
    state = job_state_of(rows.front().text(0));
    if (state == JobState::Working)
      SWARMA_RETURN_IF_ERROR(session.execute("UPDATE publish_jobs SET cancel = 1 WHERE id = $1", {std::string(id)}));
    if (state != JobState::Queued) return {};
    state = JobState::Cancelled;
    SWARMA_RETURN_IF_ERROR(session.execute(
        "UPDATE publish_jobs SET state = 'cancelled', version = version + 1 WHERE id = $1", {std::string(id)}));
    SWARMA_TRY([[maybe_unused]] const bool dropped, queue_.drop(session, id));
    return Spool::release(session, std::string(id), Spool::Fate::Remove);
  }));
  return state;
}

Result<void> JobRows::free_own() {
  SWARMA_TRY(const std::vector<std::string> freed, queue_.free_own());
  for (const std::string& id : freed)
    SWARMA_RETURN_IF_ERROR(database_.execute(
        "UPDATE publish_jobs SET state = 'queued', version = version + 1 WHERE id = $1 AND state = 'working'", {id}));
  return {};
}

Result<std::optional<ClaimedJob>> JobRows::claim() {
  std::optional<ClaimedJob> job;
  const auto show = [&job](db::Session& session, const work::Item& item) -> Result<void> {
    job.reset();
    SWARMA_TRY(const db::Rows rows,
               session.query("UPDATE publish_jobs SET state = 'working', version = version + 1 WHERE id = $1 "
                             "RETURNING id, state, version, status, cancel",
                             {item.key}));
    if (rows.empty()) return {};
    job = ClaimedJob{.id = item.key,
                     .sealed = item.payload,
                     .status = status_of(rows.front()),
                     .attempts = item.attempts,
                     .cancel = rows.front().integer(4) != 0};
    return {};
  };
  SWARMA_TRY(const auto item, queue_.claim(show));
  return item ? job : std::nullopt;
}

Result<Lease> JobRows::beat(const std::string& id, const std::optional<std::string>& status) {
  Lease lease = Lease::Lost;
  SWARMA_RETURN_IF_ERROR(database_.transact([&](db::Session& session) -> Result<void> {
    lease = Lease::Lost;
    SWARMA_TRY(const bool ours, queue_.beat(session, id));
    if (!ours) return {};
    if (status)
      SWARMA_RETURN_IF_ERROR(
          session.execute("UPDATE publish_jobs SET version = version + 1, status = $2 WHERE id = $1", {id, *status}));
    SWARMA_TRY(const db::Rows rows, session.query("SELECT cancel FROM publish_jobs WHERE id = $1", {id}));
    if (!rows.empty()) lease = rows.front().integer(0) != 0 ? Lease::Cancelled : Lease::Held;
    return {};
  }));
  return lease;
}

Result<bool> JobRows::release(const std::string& id, std::optional<std::chrono::seconds> pause) {
  bool ours = false;
  SWARMA_RETURN_IF_ERROR(database_.transact([&](db::Session& session) -> Result<void> {
    SWARMA_TRY(ours, queue_.release(session, id, pause));
    if (ours)
      SWARMA_RETURN_IF_ERROR(
          session.execute("UPDATE publish_jobs SET state = 'queued', version = version + 1 WHERE id = $1", {id}));
    return {};
  }));
  return ours;
}

Result<bool> JobRows::finish(const std::string& id, const JobStatus& status, Spool::Fate uploads) {
  bool ours = false;
  SWARMA_RETURN_IF_ERROR(database_.transact(
      [&](db::Session& session) -> Result<void> {
        SWARMA_TRY(ours, queue_.finish(session, id));
        if (!ours) return {};
        SWARMA_RETURN_IF_ERROR(
            session.execute("UPDATE publish_jobs SET state = $2, status = $3, version = version + 1 WHERE id = $1",
                            {id, std::string(to_string(status.state)), write_status(status)}));
        return Spool::release(session, id, uploads);
      },
      db::Durability::Full));
  return ours;
}

}  // namespace swarma::content::publish
