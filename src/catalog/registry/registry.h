// What a node lists: the current record of each title, full-text search over it, and what came with it to the key agent
// (sealed: this plane cannot open it). Safe for concurrent use; several nodes may share the database.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "db/database.h"
#include "title/title_record.h"

namespace swarma::catalog::registry {

std::span<const db::Migration> migrations();

struct StoredTitle {
  title::TitleRecord record;
  std::string jws;
  std::string sealed;
  UnixSeconds published_at = 0;
  std::int64_t bytes = 0;    // of all blobs the record leads to
  std::int64_t unlocks = 0;  // a count, nothing about who
};

struct SearchPage {
  std::vector<std::shared_ptr<const StoredTitle>> titles;
  std::string next;  // cursor of the next page; empty at the end
};

struct NewTitle {
  title::TitleRecord record;  // verified
  std::string jws;
  std::string sealed;
  std::int64_t bytes = 0;
};

class TitleRegistry {
 public:
  TitleRegistry(db::Database& database, const Clock& clock);
  ~TitleRegistry();

  /// Makes the title visible, with everything `also` writes, in one durable transaction. Conflict ("record_older") when its
  /// revision is not above the last one ever published (unpublishing does not forget it); the very record that is current
  /// is a success without effect, so a publish may be repeated.
  Result<void> publish(const NewTitle& title, const std::function<Result<void>(db::Session&)>& also = {});
  /// Takes it away; the last revision number stays, so that an older record can never come back. NotFound.
  Result<void> unpublish(const TitleId& id, const std::function<Result<void>(db::Session&)>& also = {});

  /// Current revision, cheap: one indexed read.
  Result<std::optional<std::int64_t>> find_revision(const TitleId& id);
  /// Nothing if there is no such title (any more).
  Result<std::shared_ptr<const StoredTitle>> find(const TitleId& id);
  /// Full text over name, summary, tags and creator, in any language, the last word as a prefix; newest first for an empty
  /// query. limit 1..100. BadRequest ("bad_cursor").
  Result<SearchPage> search(std::string_view query, unsigned limit, std::string_view cursor);
  Result<void> count_unlock(db::Session& session, const TitleId& id);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Is every blob that a record leads to there, with the size the playlists say?
class BlobPresence {
 public:
  virtual ~BlobPresence() = default;
  virtual Result<std::optional<std::uint64_t>> find_size(const BlobId& id) = 0;
  virtual Result<Bytes> read(const BlobId& id, std::size_t max_bytes) = 0;
};
/// Bytes of all blobs; Conflict ("title_incomplete") naming the first that is missing or has another size.
Result<std::int64_t> check_complete(const title::TitleRecord& record, BlobPresence& blobs);

}  // namespace swarma::catalog::registry
