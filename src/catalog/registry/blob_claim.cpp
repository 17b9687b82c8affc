#include "catalog/registry/blob_claim.h"

#include <algorithm>
#include <map>

#include "base/random.h"
#include "catalog/registry/registry.h"

namespace swarma::catalog::registry {
namespace {

constexpr std::chrono::seconds kOldEnough = kOrphanAge;
constexpr std::chrono::seconds kLongestStep = std::chrono::days(1);  // that counts between two looks
constexpr std::chrono::seconds kClockError = std::chrono::hours(2);  // looks are an hour apart, and clocks differ

/// How the store's memory differs from what the database says.
struct Difference {
  std::vector<TitleRevision> unknown;   // noted, and newer than anything here
  std::vector<TitleRevision> outdated;  // noted, and withdrawn or revised here
  std::vector<TitleRevision> missing;   // visible here, not noted yet
};

Result<Difference> compare(StoreMemory& store, TitleRegistry& registry) {
  // The store's list first: a title is noted after it became visible, so one the database lacks then is really unknown.
  SWARMA_TRY(const auto noted, store.list_titles());
  SWARMA_TRY(const auto known, registry.list_revisions());
  std::map<TitleId, std::int64_t> missing;
  for (const auto& [id, state] : known)
    if (state.visible) missing.emplace(id, state.revision);
  Difference out;
  for (const TitleRevision& title : noted) {
    const auto here = known.find(title.first);
    if (here == known.end() || here->second.revision < title.second)
      out.unknown.push_back(title);
    else if (here->second.visible && here->second.revision == title.second)
      missing.erase(title.first);
    else
      out.outdated.push_back(title);
  }
  out.missing.assign(missing.begin(), missing.end());
  return out;
}

}  // namespace

Result<std::string> BlobClaim::find_database_id() {
  SWARMA_TRY(const db::Rows rows, database_.query("SELECT id FROM database_ids WHERE no = 1"));
  return rows.empty() ? std::string() : rows.front().text(0);
}

Result<std::string> BlobClaim::make_database_id() {
  SWARMA_RETURN_IF_ERROR(database_.execute(
      "INSERT INTO database_ids (no, id) VALUES (1, $1) ON CONFLICT (no) DO NOTHING", {to_hex(random_array<16>())}));
  return find_database_id();
}

Result<void> BlobClaim::claim() {
  SWARMA_TRY(const std::string id, make_database_id());
  SWARMA_RETURN_IF_ERROR(store_.claim(id));
  SWARMA_TRY(const Difference difference, compare(store_, registry_));
  for (const TitleRevision& title : difference.missing) SWARMA_RETURN_IF_ERROR(store_.note_title(title));
  for (const TitleRevision& title : difference.outdated) SWARMA_RETURN_IF_ERROR(store_.forget_title(title));
  return {};
}

Result<std::string> BlobClaim::find_obstacle() {
  static constexpr std::string_view kAdvice =
      " Nothing is swept from it. If this database is the right and only one, run: swarma blobs adopt";
  SWARMA_TRY(const std::string id, find_database_id());
  SWARMA_TRY(const auto databases, store_.list_databases());
  if (std::ranges::any_of(databases, [&](const std::string& other) { return other != id; }))
    return "The blob folder is used by another database too." + std::string(kAdvice);
  SWARMA_TRY(const Difference difference, compare(store_, registry_));
  const auto& unknown = difference.unknown;
  if (unknown.empty()) return std::string();
  return "The blob folder holds " + std::to_string(unknown.size()) + (unknown.size() == 1 ? " title" : " titles") +
         " that this database does not know, for example " + unknown.front().first.text() + " in revision " +
         std::to_string(unknown.front().second) + ": the database may be an old copy." + std::string(kAdvice);
}

Result<SweepBounds> BlobClaim::look() {
  SWARMA_RETURN_IF_ERROR(claim());
  SweepBounds bounds;
  SWARMA_TRY(bounds.held_back, find_obstacle());
  SWARMA_TRY(const std::string id, find_database_id());
  SWARMA_TRY(bounds.not_before, store_.claim(id));
  const Instant now = clock_.now();
  SWARMA_RETURN_IF_ERROR(database_.transact([&](db::Session& session) -> Result<void> {
    bounds.before = Instant();
    SWARMA_TRY(const db::Rows looks, session.query("SELECT no, age_s, at FROM sweep_looks ORDER BY no DESC"));
    std::int64_t age = 0;
    if (!looks.empty())
      age = looks.front().integer(1) +
            std::clamp(now - Instant(looks.front().integer(2)), std::chrono::seconds(0), kLongestStep).count();
    SWARMA_RETURN_IF_ERROR(session.execute("INSERT INTO sweep_looks (age_s, at) VALUES ($1, $2)", {age, now.unix_s()}));
    // Back to the last look that is old enough. Whatever was used since then has a time after the earliest of these.
    Instant earliest = now;
    for (const db::Row& row : looks) {
      earliest = std::min(earliest, Instant(row.integer(2)));
      if (row.integer(1) > age - kOldEnough.count()) continue;
      bounds.before = earliest - kClockError;
      SWARMA_RETURN_IF_ERROR(session.execute("DELETE FROM sweep_looks WHERE no < $1", {row.integer(0)}));
      break;
    }
    return {};
  }));
  return bounds;
}

Result<void> BlobClaim::adopt() {
  SWARMA_TRY(const std::string id, make_database_id());
  SWARMA_TRY(const Difference difference, compare(store_, registry_));
  SWARMA_RETURN_IF_ERROR(database_.execute("DELETE FROM sweep_looks"));
  for (const TitleRevision& title : difference.unknown) SWARMA_RETURN_IF_ERROR(store_.forget_title(title));
  return store_.adopt(id);
}

}  // namespace swarma::catalog::registry
