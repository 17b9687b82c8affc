// How text becomes the words of the search index, and a query the beginnings looked for. The same text folds the same
// way on every node and engine: the tables are ours.
//
// Folding: lower case, accents and Hebrew or Arabic points dropped, width and ligatures made plain, Hangul taken apart
// into its letters (so a syllable half typed is a beginning too). Words end at anything but letters, digits and marks.
// Scripts written without spaces (Han, kana, Thai, Lao, Khmer, Burmese, Tibetan) give a piece of up to kPiece
// characters from every position, so that a query is found in the middle of a sentence.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace swarma::catalog::registry {

inline constexpr std::size_t kPiece = 10;         // code points
inline constexpr std::size_t kMaxWordBytes = 64;  // longer words are cut, in texts and in queries alike
inline constexpr std::size_t kMaxTerms = 8;       // further words of a query are not looked at

/// The words of a text, in order, with repetitions. Broken UTF-8 separates words.
std::vector<std::string> index_words(std::string_view text);

/// What each match of the query must have as beginnings of index words; each once, at most kMaxTerms.
std::vector<std::string> query_terms(std::string_view query);

}  // namespace swarma::catalog::registry
