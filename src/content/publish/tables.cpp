#include "content/publish/tables.h"

#include <array>

namespace swarma::content::publish {

// publish_uploads.received: bytes that are on the disk. overdue_since: when a node first saw that it had expired; 0: it
// has not. job_id: the packaging job that needs it; '-': it is being removed. publish_jobs.status is what the studio
// shows. A job that is not over has an item in work_items, whose payload is its request, sealed under the master key
// that all nodes of a database share.
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
)sql"},
                                         db::Migration{"content_publish_0002_queue", R"sql(
INSERT INTO work_items (queue, item_key, payload, worker, beat, attempts)
  SELECT 'packaging', id, request, worker, beat, attempts FROM media_jobs WHERE state IN ('queued', 'working') ORDER BY no;
ALTER TABLE media_jobs DROP COLUMN request;
ALTER TABLE media_jobs DROP COLUMN worker;
ALTER TABLE media_jobs DROP COLUMN beat;
ALTER TABLE media_jobs DROP COLUMN attempts;
ALTER TABLE media_jobs RENAME TO publish_jobs;
ALTER TABLE uploads RENAME TO publish_uploads;
)sql"}};
  return kMigrations;
}

}  // namespace swarma::content::publish
