#include "catalog/registry/registry.h"

#include <algorithm>

#include "catalog/registry/search_index.h"
#include "catalog/registry/title_cache.h"
#include "title/sealed_package.h"

namespace swarma::catalog::registry {
namespace {

std::unexpected<Error> not_found(const TitleId& id) {
  return fail(ErrorCode::NotFound, "title_not_found", "There is no title " + id.text() + " here.");
}

std::unexpected<Error> withdrawn(const TitleId& id) {
  return fail(ErrorCode::NotFound, "title_withdrawn", "The title " + id.text() + " was withdrawn from this node.");
}

/// Why there is no visible title under an id.
std::unexpected<Error> missing(db::Database& database, const TitleId& id) {
  const auto rows = database.query("SELECT 1 FROM retired_titles WHERE title_id = $1", {id.text()});
  if (!rows) return std::unexpected(rows.error());
  return rows->empty() ? not_found(id) : withdrawn(id);
}

/// What the database has under an id: the visible title, or what an unpublished one left.
struct Present {
  std::optional<std::int64_t> no;  // of the visible title
  std::int64_t revision = 0;       // the largest this title ever had here
  std::string record;
};

Result<Present> find_present(db::Session& session, const std::string& id) {
  Present present;
  SWARMA_TRY(const db::Rows visible,
             session.query("SELECT no, revision, record FROM titles WHERE title_id = $1", {id}));
  SWARMA_TRY(const db::Rows retired, session.query("SELECT revision FROM retired_titles WHERE title_id = $1", {id}));
  if (!retired.empty()) present.revision = retired.front().integer(0);
  if (!visible.empty()) {
    present.no = visible.front().integer(0);
    present.revision = std::max(present.revision, visible.front().integer(1));
    present.record = visible.front().text(2);
  }
  return present;
}

/// Writes the title's row and returns its number.
Result<std::int64_t> put_row(db::Session& session, const Present& present, const title::TitleRecord& record,
                             std::string_view jws, std::string_view sealed, Instant now) {
  const db::Values values = {record.id.text(), record.revision, now.unix_s(), std::string(jws), std::string(sealed)};
  SWARMA_TRY(
      const db::Rows rows,
      session.query(present.no ? "UPDATE titles SET revision = $2, updated_at = $3, record = $4, sealed = $5 "
                                 "WHERE title_id = $1 RETURNING no"
                               : "INSERT INTO titles (title_id, revision, published_at, updated_at, record, sealed) "
                                 "VALUES ($1, $2, $3, $3, $4, $5) RETURNING no",
                    values));
  return rows.at(0).integer(0);
}

Result<void> put_blobs(db::Session& session, std::int64_t no, const std::vector<BlobId>& blobs) {
  Bytes digests;
  digests.reserve(blobs.size() * 32);
  for (const BlobId& blob : blobs) digests.insert(digests.end(), blob.digest().begin(), blob.digest().end());
  SWARMA_RETURN_IF_ERROR(
      session.execute("INSERT INTO title_blobs (no, digests) VALUES ($1, $2) "
                      "ON CONFLICT (no) DO UPDATE SET digests = excluded.digests",
                      {no, std::move(digests)}));
  return {};
}

}  // namespace

struct TitleRegistry::Impl {
  db::Database& database;
  const Clock& clock;
  TitleCache cache;

  /// The present row, verified anew: the database may be touched by others than us.
  Result<ListedTitlePtr> load(const TitleId& id) {
    SWARMA_TRY(
        const db::Rows rows,
        database.query("SELECT record, sealed, published_at, updated_at FROM titles WHERE title_id = $1", {id.text()}));
    if (rows.empty()) {
      cache.forget(id);
      return missing(database, id);
    }
    const db::Row& row = rows.front();
    SWARMA_TRY(title::TitleRecord record, title::verify_record(row.text(0)));
    if (record.id != id)
      return fail(ErrorCode::Corrupt, "record_forged",
                  "The stored record of title " + id.text() + " is of another title.");
    auto title = std::make_shared<const ListedTitle>(ListedTitle{.record_jws = row.text(0),
                                                                 .record = std::move(record),
                                                                 .sealed = row.text(1),
                                                                 .published_at = Instant(row.integer(2)),
                                                                 .updated_at = Instant(row.integer(3))});
    cache.put(title);
    return title;
  }

  Result<ListedTitlePtr> get(const TitleId& id, std::int64_t revision) {
    if (auto cached = cache.find(id, revision)) return cached;
    return load(id);
  }
};

TitleRegistry::TitleRegistry(db::Database& database, const Clock& clock) : impl_(new Impl{database, clock, {}}) {}
TitleRegistry::~TitleRegistry() = default;

Result<Published> TitleRegistry::publish(std::string_view record_jws, const title::TitleRecord& record,
                                         std::string_view sealed, const CompleteTitle& complete,
                                         const std::function<Result<void>(db::Session&)>& also) {
  if (sealed.size() > title::kMaxSealedBytes)
    return fail(ErrorCode::TooLarge, "sealed_too_large",
                "The sealed package has more than " + std::to_string(title::kMaxSealedBytes) + " bytes.");
  const auto words = words_of(record, complete);
  const Instant now = impl_->clock.now();
  Published outcome = Published::New;
  SWARMA_RETURN_IF_ERROR(impl_->database.transact(
      [&](db::Session& session) -> Result<void> {
        SWARMA_TRY(const Present present, find_present(session, record.id.text()));
        outcome = present.no && present.record == record_jws ? Published::Repeated : Published::New;
        if (outcome == Published::Repeated) return {};
        if (record.revision <= present.revision)
          return fail(ErrorCode::Conflict, "record_older",
                      "Title " + record.id.text() + " has had revision " + std::to_string(present.revision) +
                          " here; revision " + std::to_string(record.revision) + " is not newer.");
        SWARMA_TRY(const std::int64_t no, put_row(session, present, record, record_jws, sealed, now));
        SWARMA_RETURN_IF_ERROR(replace_words(session, no, words));
        SWARMA_RETURN_IF_ERROR(put_blobs(session, no, complete.blobs));
        return also ? also(session) : Result<void>();
      },
      db::Durability::Full));
  return outcome;
}

namespace {

constexpr std::int64_t kDaySeconds = 86'400;

constexpr std::string_view kFindRevision = "SELECT revision FROM titles WHERE title_id = $1";

std::optional<std::int64_t> revision_in(const db::Rows& rows) {
  if (rows.empty()) return std::nullopt;
  return rows.front().integer(0);
}

}  // namespace

Result<std::optional<std::int64_t>> TitleRegistry::find_revision(const TitleId& id) {
  SWARMA_TRY(const db::Rows rows, impl_->database.query(kFindRevision, {id.text()}));
  return revision_in(rows);
}

Result<std::optional<std::int64_t>> TitleRegistry::find_revision(db::Session& session, const TitleId& id) {
  SWARMA_TRY(const db::Rows rows, session.query(kFindRevision, {id.text()}));
  return revision_in(rows);
}

Result<ListedTitlePtr> TitleRegistry::get(const TitleId& id) {
  SWARMA_TRY(const auto revision, find_revision(id));
  if (revision) return impl_->get(id, *revision);
  impl_->cache.forget(id);
  return missing(impl_->database, id);
}

Result<Page> TitleRegistry::search(std::string_view query, std::size_t limit, std::string_view cursor) {
  const auto characters = std::ranges::count_if(query, [](char c) { return (c & 0xc0) != 0x80; });  // of UTF-8
  if (static_cast<std::size_t>(characters) > kMaxQueryCharacters)
    return fail(ErrorCode::BadRequest, "query_too_long",
                "A query has at most " + std::to_string(kMaxQueryCharacters) + " characters.");
  limit = std::clamp<std::size_t>(limit, 1, kMaxPageSize);
  SWARMA_TRY(const SearchPosition after, parse_cursor(cursor));
  const auto terms = terms_of(query);
  if (terms.empty() && query.find_first_not_of(" \t\r\n") != std::string_view::npos)
    return Page{};  // nothing one could look for
  SWARMA_TRY(std::vector<Hit> hits, find_hits(impl_->database, terms, after, limit + 1));
  Page page;
  if (hits.size() > limit) {
    hits.pop_back();
    page.next = write_cursor(hits.back().position);
  }
  for (const Hit& hit : hits) {
    SWARMA_TRY(const TitleId id, TitleId::parse(hit.title_id));
    auto title = impl_->get(id, hit.revision);
    if (!title && title.error().code == ErrorCode::NotFound) continue;  // unpublished since the search
    if (!title) return std::unexpected(std::move(title).error());
    page.titles.push_back(*std::move(title));
  }
  return page;
}

Result<void> TitleRegistry::unpublish(const TitleId& id, const std::function<Result<void>(db::Session&)>& also) {
  const Instant now = impl_->clock.now();
  SWARMA_RETURN_IF_ERROR(impl_->database.transact(
      [&](db::Session& session) -> Result<void> {
        SWARMA_TRY(const Present present, find_present(session, id.text()));
        if (!present.no) return present.revision > 0 ? withdrawn(id) : not_found(id);
        SWARMA_RETURN_IF_ERROR(session.execute(
            "INSERT INTO retired_titles (title_id, revision, retired_at) VALUES ($1, $2, $3) "
            "ON CONFLICT (title_id) DO UPDATE SET revision = excluded.revision, retired_at = excluded.retired_at",
            {id.text(), present.revision, now.unix_s()}));
        SWARMA_RETURN_IF_ERROR(
            session.execute("DELETE FROM titles WHERE no = $1", {*present.no}));  // words and blobs go with it
        for (const char* counts : {"title_unlocks", "title_unlock_days"})
          SWARMA_RETURN_IF_ERROR(
              session.execute(std::string("DELETE FROM ") + counts + " WHERE title_id = $1", {id.text()}));
        return also ? also(session) : Result<void>();
      },
      db::Durability::Full));
  impl_->cache.forget(id);
  return {};
}

Result<void> TitleRegistry::count_unlock(db::Session& session, const TitleId& id, std::string_view path) {
  SWARMA_RETURN_IF_ERROR(
      session.execute("INSERT INTO title_unlocks (title_id, unlocks) VALUES ($1, 1) "
                      "ON CONFLICT (title_id) DO UPDATE SET unlocks = title_unlocks.unlocks + 1",
                      {id.text()}));
  SWARMA_RETURN_IF_ERROR(
      session.execute("INSERT INTO title_unlock_days (title_id, day, path, unlocks) VALUES ($1, $2, $3, 1) "
                      "ON CONFLICT (title_id, day, path) DO UPDATE SET unlocks = title_unlock_days.unlocks + 1",
                      {id.text(), impl_->clock.now().unix_s() / kDaySeconds, std::string(path)}));
  return {};
}

Result<std::vector<TitleRegistry::UnlockDay>> TitleRegistry::list_unlock_days(const TitleId& id) {
  SWARMA_TRY(const db::Rows rows,
             impl_->database.query("SELECT day, path, unlocks FROM title_unlock_days "
                                   "WHERE title_id = $1 AND day > $2 ORDER BY day, path",
                                   {id.text(), impl_->clock.now().unix_s() / kDaySeconds - kUnlockDays}));
  std::vector<UnlockDay> out;
  for (const db::Row& row : rows)
    out.push_back({Instant(row.integer(0) * kDaySeconds), std::string(row.text(1)), row.integer(2)});
  return out;
}

Result<std::int64_t> TitleRegistry::find_unlocks(const TitleId& id) {
  SWARMA_TRY(const db::Rows rows,
             impl_->database.query("SELECT unlocks FROM title_unlocks WHERE title_id = $1", {id.text()}));
  return rows.empty() ? 0 : rows.front().integer(0);
}

Result<std::map<TitleId, TitleRegistry::KnownTitle>> TitleRegistry::list_revisions() {
  std::map<TitleId, KnownTitle> known;
  // One statement, so that a title which is withdrawn meanwhile is in one of the two.
  SWARMA_TRY(const db::Rows rows, impl_->database.query("SELECT title_id, revision, 0 FROM retired_titles "
                                                        "UNION ALL SELECT title_id, revision, 1 FROM titles"));
  for (const db::Row& row : rows) {
    SWARMA_TRY(const TitleId id, TitleId::parse(row.text(0)));
    KnownTitle& title = known[id];
    title.revision = std::max(title.revision, row.integer(1));
    title.visible = title.visible || row.integer(2) != 0;
  }
  return known;
}

Result<NamedBlobs> TitleRegistry::count_blobs() {
  SWARMA_TRY(const db::Rows rows,
             impl_->database.query("SELECT (SELECT count(*) FROM titles) + (SELECT count(*) FROM retired_titles), "
                                   "(SELECT coalesce(sum(length(digests)), 0) FROM title_blobs)"));
  return NamedBlobs{rows.at(0).integer(0) > 0, static_cast<std::uint64_t>(rows.at(0).integer(1)) / 32};
}

Result<void> TitleRegistry::list_blobs(std::uint8_t first, std::uint8_t last,
                                       const std::function<void(const BlobId&)>& visit) {
  for (std::int64_t no = -1;;) {
    SWARMA_TRY(const db::Rows rows,
               impl_->database.query("SELECT no, digests FROM title_blobs WHERE no > $1 ORDER BY no LIMIT 1", {no}));
    if (rows.empty()) return {};
    no = rows.front().integer(0);
    const Bytes& digests = rows.front().blob(1);
    for (std::size_t at = 0; at + 32 <= digests.size(); at += 32) {
      if (digests[at] < first || digests[at] > last) continue;
      BlobId::Digest digest;
      std::copy_n(digests.begin() + static_cast<std::ptrdiff_t>(at), digest.size(), digest.begin());
      visit(BlobId(digest));
    }
  }
}

}  // namespace swarma::catalog::registry
