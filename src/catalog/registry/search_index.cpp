#include "catalog/registry/search_index.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/text.h"
#include "catalog/registry/fold.h"

namespace swarma::catalog::registry {
namespace {

constexpr std::int64_t kNameWeight = 4, kTagWeight = 2, kSummaryWeight = 1;
constexpr std::string_view kDidPrefix = "did:key:";
constexpr std::size_t kRowsPerInsert = 16;  // statements of two sizes only, so that they stay prepared

Bytes bytes_of(std::string_view word) {
  return to_bytes(word);
}

/// The least word beyond all that begin with `term`. UTF-8 has no byte 0xFF, so the last one can grow.
Bytes end_of(std::string_view term) {
  Bytes end = to_bytes(term);
  ++end.back();
  return end;
}

std::string insert_sql(std::size_t rows) {
  std::string sql = "INSERT INTO title_words (word, no, weight) VALUES ";
  for (std::size_t row = 0; row < rows; ++row)
    sql += std::string(row == 0 ? "" : ", ") + "($" + std::to_string(2 * row + 2) + ", $1, $" +
           std::to_string(2 * row + 3) + ")";
  return sql;
}

/// Titles with the first term, among the newest with that very word and the first of the longer words that begin with
/// it.
const std::string kCandidates =
    "SELECT no, max(weight) AS weight FROM ("
    "SELECT no, weight FROM (SELECT no, weight FROM title_words WHERE word = $4 ORDER BY no DESC LIMIT 2000) AS very "
    "UNION ALL "
    "SELECT no, weight FROM (SELECT no, weight FROM title_words WHERE word > $4 AND word < $5 ORDER BY word, no LIMIT "
    "2000) AS longer"
    ") AS found GROUP BY no";
static_assert(kMaxCandidates == 2 * 2'000);

/// $1 $2 after which position, $3 how many; then two parameters for each term.
std::string search_sql(std::size_t terms) {
  std::string columns = "c.no, c.weight AS w0", score = "w0", conditions;
  for (std::size_t term = 1; term < terms; ++term) {
    const std::string from = "$" + std::to_string(4 + 2 * term), to = "$" + std::to_string(5 + 2 * term),
                      w = "w" + std::to_string(term);
    columns += ", (SELECT max(weight) FROM title_words AS t WHERE t.no = c.no AND t.word >= " + from +
               " AND t.word < " + to + ") AS " + w;
    score += " + " + w;
    conditions += (term == 1 ? " WHERE " : " AND ") + w + " IS NOT NULL";
  }
  return "SELECT s.score, s.no, titles.title_id, titles.revision FROM (SELECT no, " + score +
         " AS score FROM (SELECT " + columns + " FROM (" + kCandidates + ") AS c) AS weighed" + conditions +
         ") AS s JOIN titles ON titles.no = s.no WHERE s.score < $1 OR (s.score = $1 AND s.no < $2) "
         "ORDER BY s.score DESC, s.no DESC LIMIT $3";
}

constexpr std::string_view kNewestSql =
    "SELECT 0, no, title_id, revision FROM titles WHERE no < $1 ORDER BY no DESC LIMIT $2";

const std::string& search_sql_of(std::size_t terms) {
  static const auto all = [] {
    std::array<std::string, kMaxTerms + 1> out;
    for (std::size_t n = 1; n <= kMaxTerms; ++n) out[n] = search_sql(n);
    return out;
  }();
  return all[terms];
}

}  // namespace

std::map<std::string, std::int64_t> words_of(const title::TitleRecord& record, const CompleteTitle& complete) {
  std::map<std::string, std::int64_t> words;
  const auto add = [&words](std::string_view text, std::int64_t weight) {
    for (std::string& word : index_words(text)) {
      if (words.size() >= kMaxIndexWords) return;
      auto& best = words[std::move(word)];
      best = std::max(best, weight);
    }
  };
  add(record.name, kNameWeight);
  for (const auto& [name, summary] : complete.texts) add(name, kNameWeight);
  for (const std::string& tag : record.tags) add(tag, kTagWeight);
  std::string_view creator = record.creator.text();
  if (creator.starts_with(kDidPrefix)) creator.remove_prefix(kDidPrefix.size());
  add(creator, kTagWeight);
  add(record.summary, kSummaryWeight);
  for (const auto& [name, summary] : complete.texts) add(summary, kSummaryWeight);
  return words;
}

std::vector<std::string> terms_of(std::string_view query) {
  std::string text(query);
  for (std::size_t at = 0; (at = text.find(kDidPrefix, at)) != std::string::npos;)
    text.replace(at, kDidPrefix.size(), " ");
  auto terms = query_terms(text);
  // The longest begins the fewest words: the search starts from its titles.
  std::sort(terms.begin(), terms.end(),
            [](const auto& a, const auto& b) { return std::pair(b.size(), a) < std::pair(a.size(), b); });
  return terms;
}

Result<void> replace_words(db::Session& session, std::int64_t no, const std::map<std::string, std::int64_t>& words) {
  static const std::string kInsertOne = insert_sql(1), kInsertMany = insert_sql(kRowsPerInsert);
  SWARMA_RETURN_IF_ERROR(session.execute("DELETE FROM title_words WHERE no = $1", {no}));
  db::Values values;
  auto word = words.begin();
  for (std::size_t left = words.size(); left > 0;) {
    const std::size_t rows = left >= kRowsPerInsert ? kRowsPerInsert : 1;
    values.assign(1, no);
    for (std::size_t row = 0; row < rows; ++row, ++word) {
      values.emplace_back(bytes_of(word->first));
      values.emplace_back(word->second);
    }
    SWARMA_RETURN_IF_ERROR(session.execute(rows == 1 ? kInsertOne : kInsertMany, values));
    left -= rows;
  }
  return {};
}

std::string write_cursor(const SearchPosition& position) {
  return std::to_string(position.score) + "-" + std::to_string(position.no);
}

Result<SearchPosition> parse_cursor(std::string_view cursor) {
  constexpr std::int64_t kStart = std::numeric_limits<std::int64_t>::max();
  if (cursor.empty()) return SearchPosition{kStart, kStart};
  const std::size_t dash = std::min(cursor.find('-'), cursor.size());
  const SearchPosition out{parse_number<std::int64_t>(cursor.substr(0, dash)).value_or(-1),
                           parse_number<std::int64_t>(cursor.substr(std::min(dash + 1, cursor.size()))).value_or(-1)};
  if (write_cursor(out) != cursor || out.score < 0 || out.no < 0)
    return fail(ErrorCode::BadRequest, "bad_cursor", "The cursor is not one that a search returned.");
  return out;
}

Result<std::vector<Hit>> find_hits(db::Database& database, const std::vector<std::string>& terms,
                                   const SearchPosition& after, std::size_t limit) {
  db::Values values;
  if (!terms.empty()) values.emplace_back(after.score);
  values.emplace_back(after.no);
  values.emplace_back(static_cast<std::int64_t>(limit));
  for (const std::string& term : terms) {
    values.emplace_back(bytes_of(term));
    values.emplace_back(end_of(term));
  }
  SWARMA_TRY(const db::Rows rows, database.query(terms.empty() ? kNewestSql : search_sql_of(terms.size()), values));
  std::vector<Hit> hits;
  hits.reserve(rows.size());
  for (const db::Row& row : rows) hits.push_back({{row.integer(0), row.integer(1)}, row.text(2), row.integer(3)});
  return hits;
}

}  // namespace swarma::catalog::registry
