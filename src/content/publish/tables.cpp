#include "content/publish/tables.h"

#include <array>

namespace swarma::content::publish {

// uploads.received: bytes that are on the disk. overdue_since: when a node first saw that it had expired; 0: it has
// not. job_id: the packaging job that needs it; '-': it is being removed. media_jobs.request: sealed under the master
// key that all nodes of a database share; empty once the job is over. media_jobs.beat grows while worker is alive;
// status is what the studio shows.
std::span<const db::Migration> migrations() {
  static const std::array kMigrations = {db::Migration{"content_publish_0001_uploads_and_jobs", R"sql(
CREATE TABLE uploads (
  id TEXT PRIMARY KEY,
  filename {JSON} NOT NULL,
  length BIGINT NOT NULL,
  received BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  overdue_since BIGINT NOT NULL,
  job_id TEXT NOT NULL,
  metadata TEXT NOT NULL
);
CREATE TABLE media_jobs (
  no {AUTO_ID},
  id TEXT NOT NULL UNIQUE,
  request {BYTES} NOT NULL,
  state TEXT NOT NULL,
  worker TEXT NOT NULL,
  beat BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  cancel BIGINT NOT NULL,
  version BIGINT NOT NULL,
  status {JSON} NOT NULL
);
)sql"}};
  return kMigrations;
}

}  // namespace swarma::content::publish
