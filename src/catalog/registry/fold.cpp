#include "catalog/registry/fold.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "catalog/registry/fold_table.h"

namespace swarma::catalog::registry {
namespace {

constexpr char32_t kBroken = 0xFFFD;

/// Takes one code point off well-formed UTF-8; kBroken, and one byte, where it is not.
char32_t take_code_point(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  const std::size_t length = lead < 0x80                   ? 1
                             : lead >= 0xC2 && lead < 0xE0 ? 2
                             : lead >= 0xE0 && lead < 0xF0 ? 3
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                                                           : 0;
  char32_t out = length <= 1 ? lead : lead & (0x7Fu >> length);
  bool good = length > 0 && length <= text.size();
  for (std::size_t i = 1; good && i < length; ++i) {
    good = (byte(i) & 0xC0) == 0x80;
    out = out << 6 | (byte(i) & 0x3Fu);
  }
  constexpr std::array<char32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  good = good && out >= kSmallest[length] && out <= 0x10FFFF && (out < 0xD800 || out > 0xDFFF);
  text.remove_prefix(good ? length : 1);
  return good ? out : kBroken;
}

void append_utf8(char32_t c, std::string& out) {
  const auto put = [&](char32_t value) { out.push_back(static_cast<char>(value)); };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xC0 | c >> 6);
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3F));
  } else {
    put(0xF0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3F));
    put(0x80 | (c >> 6 & 0x3F));
  }
  put(0x80 | (c & 0x3F));
}

bool is_in(char32_t c, std::span<const CodePoints> ranges) {
  const auto after = std::upper_bound(ranges.begin(), ranges.end(), c,
                                      [](char32_t value, const CodePoints& range) { return value < range.first; });
  return after != ranges.begin() && c <= std::prev(after)->last;
}

using Folded = std::array<char32_t, 5>;  // ends with 0

const std::unordered_map<char32_t, Folded>& fold_map() {
  static const auto map = [] {
    std::unordered_map<char32_t, Folded> out;
    for (const FoldRun& run : fold_runs())
      for (std::uint32_t i = 0; i < run.count; ++i) {
        const char32_t from = run.first + i * run.stride;
        out[from] = {static_cast<char32_t>(static_cast<std::int32_t>(from) + run.delta)};
      }
    for (const FoldToSeveral& fold : fold_to_several()) out[fold.from] = std::to_array(fold.to);
    return out;
  }();
  return map;
}

bool is_unspaced(char32_t c) {
  constexpr CodePoints kScripts[] = {
      {0xE00, 0xFFF},      // Thai, Lao, Tibetan
      {0x1000, 0x109F},    // Burmese
      {0x1780, 0x17FF},    // Khmer
      {0x3005, 0x3007},    // Han repetition and zero
      {0x3040, 0x312F},    // kana, bopomofo
      {0x31F0, 0x31FF},    // kana
      {0x3400, 0x4DBF},    // Han
      {0x4E00, 0x9FFF},    // Han
      {0xF900, 0xFAFF},    // Han
      {0x20000, 0x3FFFF},  // Han
  };
  return is_in(c, kScripts);
}

/// A run of folded word characters, either of scripts with spaces or of those without.
struct Run {
  std::u32string text;
  bool unspaced;
};

class Splitter {
 public:
  std::vector<Run> split(std::string_view text) {
    while (!text.empty()) take(take_code_point(text));
    end_run();
    return std::move(runs_);
  }

 private:
  void take(char32_t c) {
    if (c < 0x80) {
      if (c >= 'A' && c <= 'Z') return append(c + ('a' - 'A'));
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? append(c) : end_run();
    }
    if (is_in(c, dropped())) return;
    if (c == kBroken || is_in(c, separators())) return end_run();
    if (c >= 0xAC00 && c <= 0xD7A3) return append_hangul(c - 0xAC00);
    const auto found = fold_map().find(c);
    if (found == fold_map().end()) return append(c);
    for (const char32_t* folded = found->second.data(); *folded != 0; ++folded) append(*folded);
  }
  /// Unicode §3.12: a syllable is leading consonant, vowel and perhaps a trailing consonant.
  void append_hangul(char32_t index) {
    append(0x1100 + index / (21 * 28));
    append(0x1161 + index / 28 % 21);
    if (index % 28 != 0) append(0x11A7 + index % 28);
  }
  void append(char32_t c) {
    const bool unspaced = is_unspaced(c);
    if (!open_ || runs_.back().unspaced != unspaced) runs_.push_back({{}, unspaced});
    open_ = true;
    runs_.back().text.push_back(c);
  }
  void end_run() { open_ = false; }

  std::vector<Run> runs_;
  bool open_ = false;
};

std::string to_word(std::u32string_view text) {
  std::string out;
  for (const char32_t c : text) {
    const std::size_t before = out.size();
    append_utf8(c, out);
    if (out.size() <= kMaxWordBytes) continue;
    out.resize(before);
    break;
  }
  return out;
}

}  // namespace

std::vector<std::string> index_words(std::string_view text) {
  std::vector<std::string> words;
  for (const Run& run : Splitter().split(text)) {
    if (!run.unspaced) words.push_back(to_word(run.text));
    for (std::size_t at = 0; run.unspaced && at < run.text.size(); ++at)
      words.push_back(to_word(std::u32string_view(run.text).substr(at, kPiece)));
  }
  return words;
}

std::vector<std::string> query_terms(std::string_view query) {
  std::vector<std::string> terms;
  const auto add = [&](std::u32string_view text) {
    std::string term = to_word(text);
    if (terms.size() < kMaxTerms && std::find(terms.begin(), terms.end(), term) == terms.end())
      terms.push_back(std::move(term));
  };
  for (const Run& run : Splitter().split(query)) {
    const std::u32string_view text = run.text;
    if (!run.unspaced || text.size() <= kPiece) {
      add(text);
      continue;
    }
    // Pieces side by side, the last one moved back so that it is whole.
    for (std::size_t at = 0; at < text.size(); at += kPiece)
      add(text.substr(std::min(at, text.size() - kPiece), kPiece));
  }
  return terms;
}

}  // namespace swarma::catalog::registry
