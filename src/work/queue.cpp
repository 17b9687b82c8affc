#include "work/queue.h"

#include <algorithm>
#include <array>

#include "base/random.h"

namespace swarma::work {

// worker: empty while nobody has it. beat grows while the worker is alive.
std::span<const db::Migration> migrations() {
  static const std::array kMigrations = {db::Migration{"work_0001_items", R"sql(
CREATE TABLE work_items (
  no {AUTO_ID},
  queue TEXT NOT NULL,
  item_key TEXT NOT NULL,
  payload {BYTES} NOT NULL,
  worker TEXT NOT NULL,
  beat BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  UNIQUE (queue, item_key)
);
)sql"}};
  return kMigrations;
}

Queue::Queue(db::Database& database, const Clock& clock, std::string name, std::string home, std::chrono::seconds lease)
    : database_(database),
      clock_(clock),
      name_(std::move(name)),
      home_(std::move(home)),
      worker_(home_ + "/" + to_hex(random_array<8>())),
      lease_(lease) {}

Result<bool> Queue::put(db::Session& session, std::string_view key, ByteView payload) const {
  SWARMA_TRY(const std::int64_t added,
             session.execute("INSERT INTO work_items (queue, item_key, payload, worker, beat, attempts) "
                             "VALUES ($1, $2, $3, '', 0, 0) ON CONFLICT (queue, item_key) DO NOTHING",
                             {name_, std::string(key), Bytes(payload.begin(), payload.end())}));
  return added > 0;
}

Result<bool> Queue::drop(db::Session& session, std::string_view key) const {
  SWARMA_TRY(const std::int64_t removed,
             session.execute("DELETE FROM work_items WHERE queue = $1 AND item_key = $2", {name_, std::string(key)}));
  return removed > 0;
}

Result<std::vector<std::string>> Queue::free_own() {
  std::vector<std::string> keys;
  SWARMA_RETURN_IF_ERROR(database_.transact([&](db::Session& session) -> Result<void> {
    keys.clear();
    SWARMA_TRY(const db::Rows freed, session.query("UPDATE work_items SET worker = '', beat = beat + 1 "
                                                   "WHERE queue = $1 AND worker LIKE $2 RETURNING item_key",
                                                   {name_, home_ + "/%"}));
    for (const db::Row& row : freed) keys.push_back(row.text(0));
    return {};
  }));
  return keys;
}

/// Columns: item_key, worker, beat.
bool Queue::is_free(const db::Row& row) {
  const std::string& key = row.text(0);
  const auto now = clock_.monotonic();
  if (const auto pause = not_before_.find(key); pause != not_before_.end()) {
    if (now < pause->second) return false;
    not_before_.erase(pause);
  }
  if (row.text(1).empty() || row.text(1) == worker_) return true;  // ours, though we do not work on it: a lost answer
  Seen& seen = seen_.try_emplace(key, Seen{row.integer(2), now}).first->second;
  if (seen.beat != row.integer(2)) seen = {row.integer(2), now};
  return now - seen.since >= lease_;
}

Result<std::optional<Item>> Queue::claim(const std::function<Result<void>(db::Session&, const Item&)>& also) {
  SWARMA_TRY(const db::Rows rows,
             database_.query("SELECT item_key, worker, beat FROM work_items WHERE queue = $1 ORDER BY no", {name_}));
  // Who could not look, because the database was away, has seen nobody miss a beat: perhaps nobody could beat either.
  const auto now = clock_.monotonic();
  if (now - last_look_ > lease_ / 3)
    for (auto& [key, seen] : seen_) seen.since = now;
  last_look_ = now;
  const auto is_gone = [&](const auto& entry) {
    return std::ranges::none_of(rows, [&](const db::Row& row) { return row.text(0) == entry.first; });
  };
  std::erase_if(seen_, is_gone);
  std::erase_if(not_before_, is_gone);
  for (const db::Row& row : rows) {
    if (!is_free(row)) continue;
    SWARMA_TRY(auto taken, take(row, also));
    if (taken) return taken;
  }
  return std::nullopt;
}

/// One statement, which only succeeds if nothing has changed since the row was read.
Result<std::optional<Item>> Queue::take(const db::Row& row,
                                        const std::function<Result<void>(db::Session&, const Item&)>& also) {
  std::optional<Item> item;
  SWARMA_RETURN_IF_ERROR(database_.transact([&](db::Session& session) -> Result<void> {
    item.reset();
    SWARMA_TRY(const db::Rows taken,
               session.query("UPDATE work_items SET worker = $5, beat = beat + 1, attempts = attempts + 1 "
                             "WHERE queue = $1 AND item_key = $2 AND worker = $3 AND beat = $4 "
                             "RETURNING payload, attempts",
                             {name_, row.text(0), row.text(1), row.integer(2), worker_}));
    if (taken.empty()) return {};
    item = Item{
        .key = row.text(0), .payload = taken.front().blob(0), .attempts = static_cast<int>(taken.front().integer(1))};
    return also ? also(session, *item) : Result<void>();
  }));
  return item;
}

Result<bool> Queue::beat(db::Session& session, std::string_view key) const {
  SWARMA_TRY(const std::int64_t changed,
             session.execute("UPDATE work_items SET beat = beat + 1 WHERE queue = $1 AND item_key = $2 AND worker = $3",
                             {name_, std::string(key), worker_}));
  return changed > 0;
}

Result<bool> Queue::release(db::Session& session, std::string_view key, std::optional<std::chrono::seconds> pause) {
  if (pause) not_before_[std::string(key)] = clock_.monotonic() + *pause;
  SWARMA_TRY(const std::int64_t changed,
             session.execute("UPDATE work_items SET worker = '', attempts = attempts - $4 "
                             "WHERE queue = $1 AND item_key = $2 AND worker = $3",
                             {name_, std::string(key), worker_, std::int64_t{pause ? 0 : 1}}));
  return changed > 0;
}

Result<bool> Queue::finish(db::Session& session, std::string_view key) const {
  SWARMA_TRY(const std::int64_t removed,
             session.execute("DELETE FROM work_items WHERE queue = $1 AND item_key = $2 AND worker = $3",
                             {name_, std::string(key), worker_}));
  return removed > 0;
}

}  // namespace swarma::work
