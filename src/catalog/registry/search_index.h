// The table of words behind TitleRegistry::search: which words a title has, and which titles have the words of a query.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/registry/completeness.h"
#include "db/database.h"
#include "title/title_record.h"

namespace swarma::catalog::registry {

/// Most index rows looked at for the longest term of a query. A beginning as common as that ("a", in a large catalog)
/// is answered from some of its titles; typing on narrows it down.
inline constexpr std::size_t kMaxCandidates = 4'000;
inline constexpr std::size_t kMaxIndexWords = 4'000;  // of one title; further ones are not found

/// Folded words of a title, each with the weight of the best place it stands in.
std::map<std::string, std::int64_t> words_of(const title::TitleRecord& record, const CompleteTitle& complete);

Result<void> replace_words(db::Session& session, std::int64_t no, const std::map<std::string, std::int64_t>& words);

/// query_terms, longest first, with creators taken by the part of their DID that tells them apart.
std::vector<std::string> terms_of(std::string_view query);

/// Where a page begins: after the title `no` that had `score`.
struct SearchPosition {
  std::int64_t score;
  std::int64_t no;
};
struct Hit {
  SearchPosition position;
  std::string title_id;
  std::int64_t revision;
};

/// Text form of a position; strict both ways. The start is "".
std::string write_cursor(const SearchPosition& position);
Result<SearchPosition> parse_cursor(std::string_view cursor);

/// Up to `limit` titles that have every term, best first, then newest; without terms all titles, newest first.
Result<std::vector<Hit>> find_hits(db::Database& database, const std::vector<std::string>& terms,
                                   const SearchPosition& after, std::size_t limit);

}  // namespace swarma::catalog::registry
