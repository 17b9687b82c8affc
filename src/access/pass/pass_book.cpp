#include "access/pass/pass_book.h"

#include <array>
#include <nlohmann/json.hpp>

#include "base/random.h"

namespace swarma::access::pass {
namespace {

constexpr std::string_view kColumns =
    "pass_id, subject, tier, titles, valid_from, valid_until, path, revoked_at, credential";

std::string titles_text(const std::vector<TitleId>& titles) {
  Json list = Json::array();
  for (const TitleId& title : titles) list.push_back(title.text());
  return list.dump();
}

Result<GivenPass> read(const db::Row& row) {
  GivenPass pass{.id = row.text(0),
                 .subject = row.text(1),
                 .tier = row.text(2),
                 .titles = {},
                 .valid_from = Instant(row.integer(4)),
                 .valid_until = Expiry(row.integer(5)),
                 .path = row.text(6),
                 .revoked_at = row.is_null(7) ? std::nullopt : std::optional(Instant(row.integer(7))),
                 .credential = row.text(8)};
  SWARMA_TRY(const Json titles, parse_json(row.text(3)));
  for (const Json& title : titles) {
    SWARMA_TRY(const TitleId id, TitleId::parse(title.get<std::string>()));
    pass.titles.push_back(id);
  }
  return pass;
}

Result<std::vector<GivenPass>> read_all(const db::Rows& rows) {
  std::vector<GivenPass> out;
  for (const db::Row& row : rows) {
    SWARMA_TRY(GivenPass pass, read(row));
    out.push_back(std::move(pass));
  }
  return out;
}

std::uint32_t random_index() {
  const auto bytes = random_array<4>();
  const std::uint32_t number = bytes[0] | bytes[1] << 8 | bytes[2] << 16 | static_cast<std::uint32_t>(bytes[3]) << 24;
  return number % kListBits;
}

}  // namespace

std::span<const db::Migration> migrations() {
  static const std::array list = {db::Migration{"access_pass_0001", R"(
    CREATE TABLE pass_given (
      pass_id TEXT PRIMARY KEY,
      issuer_jkt TEXT NOT NULL,
      subject TEXT NOT NULL,
      tier TEXT NOT NULL,
      titles TEXT NOT NULL,
      path TEXT NOT NULL,
      valid_from BIGINT NOT NULL,
      valid_until BIGINT NOT NULL,
      list BIGINT NOT NULL,
      place BIGINT NOT NULL,
      revoked_at BIGINT,
      credential TEXT NOT NULL
    );
    CREATE UNIQUE INDEX pass_given_by_place ON pass_given (list, place);
    CREATE INDEX pass_given_by_issuer ON pass_given (issuer_jkt, valid_from, pass_id);
    CREATE INDEX pass_given_by_holder ON pass_given (subject);
    CREATE INDEX pass_given_by_end ON pass_given (valid_until);

    CREATE TABLE pass_lists (
      list BIGINT PRIMARY KEY,
      taken BIGINT NOT NULL
    );
  )"}};
  return list;
}

std::string_view to_string(PassState state) {
  static constexpr std::array<std::string_view, 3> names = {"valid", "expired", "revoked"};
  return names[static_cast<std::size_t>(state)];
}

PassState GivenPass::state(Instant now) const {
  if (revoked_at) return PassState::Revoked;
  return valid_until.has_passed(now) ? PassState::Expired : PassState::Valid;
}

Result<Place> choose_place(db::Database& database) {
  SWARMA_TRY(const db::Rows rows, database.query("SELECT list, taken FROM pass_lists ORDER BY list DESC LIMIT 1"));
  std::int64_t list = 1;
  // Lists are left half full, so that a free place is soon found.
  if (!rows.empty()) list = rows.front().integer(0) + (rows.front().integer(1) < kListBits / 2 ? 0 : 1);
  for (int tries = 0; tries < 64; ++tries) {
    const Place place{list, random_index()};
    SWARMA_TRY(const db::Rows taken, database.query("SELECT 1 FROM pass_given WHERE list = $1 AND place = $2",
                                                    {place.list, std::int64_t{place.index}}));
    if (taken.empty()) return place;
  }
  return fail(ErrorCode::Internal, "status_list_full", "No free place was found in a status list. Please report this.");
}

Result<bool> add_pass(db::Session& session, const NewPass& given) {
  const Pass& pass = given.pass;
  SWARMA_TRY(const std::int64_t added,
             session.execute("INSERT INTO pass_given (pass_id, issuer_jkt, subject, tier, titles, path, valid_from, "
                             "valid_until, list, place, credential) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
                             "$11) ON CONFLICT (list, place) DO NOTHING",
                             {pass.id, crypto::thumbprint(pass.issuer.public_key()), pass.subject, pass.tier,
                              titles_text(pass.titles), given.path, pass.valid_from.unix_s(), pass.valid_until.unix_s(),
                              given.place.list, std::int64_t{given.place.index}, given.credential}));
  if (added == 0) return false;
  SWARMA_RETURN_IF_ERROR(
      session.execute("INSERT INTO pass_lists (list, taken) VALUES ($1, 1) ON CONFLICT (list) DO "
                      "UPDATE SET taken = pass_lists.taken + 1",
                      {given.place.list}));
  return true;
}

Result<bool> revoke_pass(db::Session& session, std::string_view id, const std::string& issuer_jkt, Instant now) {
  SWARMA_TRY(const std::int64_t known,
             session.execute("UPDATE pass_given SET revoked_at = COALESCE(revoked_at, $3) WHERE pass_id = $1 AND "
                             "(issuer_jkt = $2 OR $2 = '')",
                             {std::string(id), issuer_jkt, now.unix_s()}));
  return known == 1;
}

Result<std::optional<GivenPass>> find_pass(db::Database& database, std::string_view id, const std::string& issuer_jkt) {
  SWARMA_TRY(const db::Rows rows, database.query("SELECT " + std::string(kColumns) +
                                                     " FROM pass_given WHERE pass_id = $1 AND issuer_jkt = $2",
                                                 {std::string(id), issuer_jkt}));
  if (rows.empty()) return std::nullopt;
  SWARMA_TRY(GivenPass pass, read(rows.front()));
  return pass;
}

Result<std::vector<GivenPass>> held_passes(db::Database& database, const std::string& holder, Instant now) {
  SWARMA_TRY(const db::Rows rows,
             database.query("SELECT " + std::string(kColumns) +
                                " FROM pass_given WHERE subject = $1 AND valid_until > $2 ORDER BY valid_from DESC, "
                                "pass_id DESC LIMIT $3",
                            {holder, now.unix_s(), std::int64_t{kPageOfPasses}}));
  return read_all(rows);
}

Result<std::vector<GivenPass>> list_passes(db::Database& database, const std::string& issuer_jkt,
                                           std::string_view before) {
  Instant at(std::int64_t{1} << 40);
  if (!before.empty()) {
    SWARMA_TRY(const auto last, find_pass(database, before, issuer_jkt));
    if (!last) return std::vector<GivenPass>{};
    at = last->valid_from;
  }
  SWARMA_TRY(const db::Rows rows,
             database.query("SELECT " + std::string(kColumns) +
                                " FROM pass_given WHERE issuer_jkt = $1 AND (valid_from < $2 OR (valid_from = $2 AND "
                                "pass_id < $3)) ORDER BY valid_from DESC, pass_id DESC LIMIT $4",
                            {issuer_jkt, at.unix_s(), std::string(before), std::int64_t{kPageOfPasses}}));
  return read_all(rows);
}

Result<StatusList> status_list(db::Database& database, std::int64_t list) {
  SWARMA_TRY(const db::Rows known, database.query("SELECT 1 FROM pass_lists WHERE list = $1", {list}));
  if (known.empty()) return fail(ErrorCode::NotFound, "status_list_unknown", "There is no such status list.");
  SWARMA_TRY(const db::Rows rows,
             database.query("SELECT place FROM pass_given WHERE list = $1 AND revoked_at IS NOT NULL", {list}));
  StatusList out;
  for (const db::Row& row : rows) out.set(static_cast<std::uint32_t>(row.integer(0)));
  return out;
}

Result<std::int64_t> prune_passes(db::Database& database, Instant now) {
  return database.execute("DELETE FROM pass_given WHERE valid_until < $1", {(now - kPassKept).unix_s()});
}

}  // namespace swarma::access::pass
