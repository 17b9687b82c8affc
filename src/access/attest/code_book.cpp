#include "access/attest/code_book.h"

#include <map>
#include <set>

#include "access/attest/code_hash.h"
#include "base/random.h"
#include "crypto/argon2id.h"

namespace swarma::access::attest {
namespace {

static_assert(kSaltBytes == crypto::kArgonSaltBytes);

Result<std::map<std::string, Bytes>> known_salts(db::Database& database, const TitleId& title) {
  std::map<std::string, Bytes> salts;
  SWARMA_TRY(const db::Rows rows,
             database.query("SELECT list, salt FROM code_lists WHERE title_id = $1", {title.text()}));
  for (const db::Row& row : rows) salts[row.text(0)] = row.blob(1);
  return salts;
}

}  // namespace

Result<Bytes> hash_code(std::string_view code, ByteView salt) {
  return crypto::argon2id(code, salt, {kArgonMemoryBytes, kArgonPasses}, kCodeHashBytes);
}

Result<std::vector<HashedCode>> hash_codes(const title::CodeLists& codes,
                                           const std::function<Bytes(const std::string& list)>& salt_of) {
  SWARMA_RETURN_IF_ERROR(title::check_codes(codes));
  std::vector<HashedCode> out;
  for (const auto& [list, entries] : codes) {
    const Bytes salt = salt_of(list);
    for (const title::Code& entry : entries) {
      SWARMA_TRY(Bytes hash, hash_code(entry.code, salt));
      out.push_back({list, salt, std::move(hash), entry.max_uses});
    }
  }
  return out;
}

Result<std::vector<HashedCode>> hash_codes(db::Database& database, const TitleId& title,
                                           const title::CodeLists& codes) {
  if (codes.empty()) return std::vector<HashedCode>();
  SWARMA_TRY(auto salts, known_salts(database, title));
  return hash_codes(codes, [&](const std::string& list) {
    const auto known = salts.find(list);
    const auto fresh = random_array<kSaltBytes>();
    return known != salts.end() ? known->second : Bytes(fresh.begin(), fresh.end());
  });
}

Result<void> replace_codes(db::Session& session, const TitleId& title, const std::vector<HashedCode>& codes) {
  const std::string id = title.text();
  SWARMA_TRY(const db::Rows old, session.query("SELECT list, hash, uses FROM codes WHERE title_id = $1", {id}));
  std::map<std::pair<std::string, Bytes>, std::int64_t> uses;
  for (const db::Row& row : old) uses[{row.text(0), row.blob(1)}] = row.integer(2);
  SWARMA_RETURN_IF_ERROR(session.execute("DELETE FROM codes WHERE title_id = $1", {id}));
  std::set<std::string> lists;
  for (const HashedCode& code : codes) {
    if (lists.insert(code.list).second) {
      SWARMA_RETURN_IF_ERROR(
          session.execute("INSERT INTO code_lists (title_id, list, salt) VALUES ($1, $2, $3) "
                          "ON CONFLICT (title_id, list) DO UPDATE SET salt = excluded.salt",
                          {id, code.list, code.salt}));
    }
    const auto kept = uses.find({code.list, code.hash});
    // The same code twice in one list: the more generous entry counts once.
    SWARMA_RETURN_IF_ERROR(session.execute(
        "INSERT INTO codes (title_id, list, hash, max_uses, uses) VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT (title_id, list, hash) DO UPDATE SET max_uses = CASE WHEN codes.max_uses = 0 OR "
        "excluded.max_uses = 0 THEN 0 WHEN codes.max_uses > excluded.max_uses THEN codes.max_uses "
        "ELSE excluded.max_uses END",
        {id, code.list, code.hash, code.max_uses, kept == uses.end() ? std::int64_t{0} : kept->second}));
  }
  return {};
}

Result<void> remove_codes(db::Session& session, const TitleId& title) {
  for (const char* sql : {"DELETE FROM codes WHERE title_id = $1", "DELETE FROM code_uses WHERE title_id = $1",
                          "DELETE FROM code_lists WHERE title_id = $1"})
    SWARMA_RETURN_IF_ERROR(session.execute(sql, {title.text()}));
  return {};
}

}  // namespace swarma::access::attest
