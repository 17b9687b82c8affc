// Unicode data for fold.cpp. Each table is sorted by its first code point; ASCII and Hangul syllables are not in them.
#pragma once

#include <cstdint>
#include <span>

namespace swarma::catalog::registry {

struct CodePoints {  // [first, last]
  char32_t first, last;
};
struct FoldRun {  // first, first + stride, … : each folds to itself + delta. Runs of stride 2 may enclose others.
  char32_t first;
  std::uint16_t count;
  std::uint8_t stride;
  std::int32_t delta;
};
struct FoldToSeveral {
  char32_t from;
  char32_t to[5];  // ends with 0
};

std::span<const CodePoints> dropped();
std::span<const CodePoints> separators();
std::span<const FoldRun> fold_runs();
std::span<const FoldToSeveral> fold_to_several();

}  // namespace swarma::catalog::registry
