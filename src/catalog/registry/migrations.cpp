#include <array>

#include "catalog/registry/registry.h"

namespace swarma::catalog::registry {

// titles.no counts up as titles become visible, so "newest first" is its order backwards. Words are stored folded, as
// bytes, so that a range of them means the same on every engine.
std::span<const db::Migration> migrations() {
  static const std::array kMigrations = {db::Migration{"catalog_registry_0001_titles", R"sql(
CREATE TABLE titles (
  no {AUTO_ID},
  title_id TEXT NOT NULL UNIQUE,
  revision BIGINT NOT NULL,
  published_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  record TEXT NOT NULL,
  sealed TEXT NOT NULL
);
CREATE TABLE title_words (
  word {BYTES} NOT NULL,
  no BIGINT NOT NULL REFERENCES titles (no) ON DELETE CASCADE,
  weight BIGINT NOT NULL,
  PRIMARY KEY (word, no)
) {WITHOUT_ROWID};
CREATE INDEX title_words_by_no ON title_words (no, word, weight);
CREATE TABLE title_blobs (
  no BIGINT PRIMARY KEY REFERENCES titles (no) ON DELETE CASCADE,
  digests {BYTES} NOT NULL
);
CREATE TABLE retired_titles (
  title_id TEXT PRIMARY KEY,
  revision BIGINT NOT NULL,
  retired_at BIGINT NOT NULL
);
CREATE TABLE title_unlocks (
  title_id TEXT PRIMARY KEY,
  unlocks BIGINT NOT NULL
);
)sql"},
                                         db::Migration{"catalog_registry_0002_blob_claim", R"sql(
CREATE TABLE database_ids (
  no BIGINT PRIMARY KEY,
  id TEXT NOT NULL
);
CREATE TABLE sweep_looks (
  no {AUTO_ID},
  age_s BIGINT NOT NULL,
  at BIGINT NOT NULL
);
)sql"},
                                         db::Migration{"catalog_registry_0003_unlock_days", R"sql(
CREATE TABLE title_unlock_days (
  title_id TEXT NOT NULL,
  day BIGINT NOT NULL,
  path TEXT NOT NULL,
  unlocks BIGINT NOT NULL,
  PRIMARY KEY (title_id, day, path)
);
)sql"}};
  return kMigrations;
}

}  // namespace swarma::catalog::registry
