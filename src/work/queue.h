// Work that outlives the process that was asked for it: rows that one worker at a time owns, on any node of the
// database.
//
// A worker's sign of life is its item's `beat`. Whoever sees the same beat for a whole lease, by their own monotonic
// clock and looking all the while, takes the item over with one statement that only one of them can win; the old worker
// finds at its next beat that the item is no longer its own, and stops. Clocks that differ or jump change nothing.
// Handlers must be safe to repeat: what a dead worker had done is done again.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "db/database.h"

namespace swarma::work {

std::span<const db::Migration> migrations();

struct Item {
  std::string key;
  Bytes payload;
  int attempts = 1;  // this one included
};

/// put() and drop() may be called from anywhere, by several nodes too; the rest is for one worker's thread, but beat()
/// may be called from another while the item is worked on.
class Queue {
 public:
  /// `home` names this node, and stays the same over its restarts. `lease`: without a sign of life for so long, the
  /// item of a dead node. The references outlive this.
  Queue(db::Database& database, const Clock& clock, std::string name, std::string home, std::chrono::seconds lease);

  /// In the transaction that asks for the work. False if an item of this key waits or is worked on already.
  Result<bool> put(db::Session& session, std::string_view key, ByteView payload) const;
  /// Takes an item away, whoever has it. False if there is none.
  Result<bool> drop(db::Session& session, std::string_view key) const;

  /// What this home left behind when it was killed is free again; returns the keys.
  Result<std::vector<std::string>> free_own();
  /// The first item that is free, or whose worker is dead. Remembers what it saw for the next call. `also` runs in the
  /// transaction that takes the item, perhaps several times.
  Result<std::optional<Item>> claim(const std::function<Result<void>(db::Session&, const Item&)>& also = {});
  /// A sign of life. False once the item is not ours any more: the work must stop.
  Result<bool> beat(db::Session& session, std::string_view key) const;
  /// Back to the others: as if it had not been begun (nullopt), or after a try that failed, and then for this worker
  /// only after a pause. False if it is not ours any more.
  Result<bool> release(db::Session& session, std::string_view key, std::optional<std::chrono::seconds> pause);
  /// In the transaction that makes the result visible. False if it is not ours any more: then nothing may change.
  Result<bool> finish(db::Session& session, std::string_view key) const;

  std::chrono::seconds lease() const { return lease_; }

 private:
  struct Seen {
    std::int64_t beat = 0;
    std::chrono::steady_clock::time_point since;
  };
  bool is_free(const db::Row& row);
  Result<std::optional<Item>> take(const db::Row& row,
                                   const std::function<Result<void>(db::Session&, const Item&)>& also);

  db::Database& database_;
  const Clock& clock_;
  const std::string name_, home_, worker_;
  const std::chrono::seconds lease_;
  std::chrono::steady_clock::time_point last_look_{};
  std::map<std::string, Seen> seen_;                                         // items that others work on
  std::map<std::string, std::chrono::steady_clock::time_point> not_before_;  // items this worker pauses with
};

}  // namespace swarma::work
