// The passes that were given here: rows of the database, so that every node on it knows them all. What is kept of a
// pass is named in docs/reference/stored-data.md; it is forgotten kPassKept after the pass has ended.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "access/pass/pass.h"
#include "access/pass/status_list.h"
#include "db/database.h"

namespace swarma::access::pass {

inline constexpr std::chrono::days kPassKept{30};
inline constexpr std::size_t kPageOfPasses = 100;

std::span<const db::Migration> migrations();

enum class PassState { Valid, Expired, Revoked };
std::string_view to_string(PassState state);

/// A pass as it was given.
struct GivenPass {
  std::string id;
  std::string subject;  // jkt
  std::string tier;
  std::vector<TitleId> titles;  // empty: all
  Instant valid_from;
  Expiry valid_until;
  std::string path;  // of the policy that gave it; empty: by the creator's own hand
  std::optional<Instant> revoked_at;
  std::string credential;  // as signed: its holder may ask for it again

  PassState state(Instant now) const;
};

/// A place in a status list, taken for a pass.
struct Place {
  std::int64_t list = 0;
  std::uint32_t index = 0;
};

/// A free place, as long as nobody else takes it.
Result<Place> choose_place(db::Database& database);

struct NewPass {
  const Pass& pass;
  const std::string& credential;  // the signed pass, which names the place
  Place place;
  std::string path = {};
};
/// Writes it down in the caller's transaction. False if the place was taken in the meantime.
Result<bool> add_pass(db::Session& session, const NewPass& given);

/// True if this creator's pass was valid, or revoked already; repeating is fine. Empty issuer: any creator's.
Result<bool> revoke_pass(db::Session& session, std::string_view id, const std::string& issuer_jkt, Instant now);

/// Nothing if it was not given here.
Result<std::optional<GivenPass>> find_pass(db::Database& database, std::string_view id, const std::string& issuer_jkt);

/// What a holder (jkt) was given and has not ended, newest first; at most kPageOfPasses.
Result<std::vector<GivenPass>> held_passes(db::Database& database, const std::string& holder, Instant now);

/// Newest first; `before` is the id of the last of the page before, empty for the first page.
Result<std::vector<GivenPass>> list_passes(db::Database& database, const std::string& issuer_jkt,
                                           std::string_view before);

/// Which passes of a list were revoked. NotFound "status_list_unknown".
Result<StatusList> status_list(db::Database& database, std::int64_t list);

Result<std::int64_t> prune_passes(db::Database& database, Instant now);

}  // namespace swarma::access::pass
