// Inside access/policy: what each requirement is. One file per requirement, listed in ../requirement.cpp.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "access/policy/parser.h"
#include "base/json.h"

namespace swarma::access::policy {

/// check: the parameters a creator may write, no more and no less; `at` is the place, for the sentence.
/// say: what a viewer does to meet it, in a sentence; the parameters are known to be valid.
struct Kind {
  std::string_view name;
  Result<void> (*check)(const JsonReader& params, const std::string& at);
  std::string (*say)(const Json& params);
};

extern const Kind kGoodwillAck, kPuzzleSolve, kEmailVerify, kSocialLike, kCryptoPayment, kWatchAd, kAllowlistToken,
    kAgeOver;

// Pieces that several of them share.

bool is_digit(char c);
bool is_lower(char c);
bool all_of(std::string_view text, auto&& predicate) {
  return std::all_of(text.begin(), text.end(), predicate);
}
Result<void> not_empty(const JsonReader& reader, const char* name, std::size_t max, const std::string& at);
/// An address of an EVM chain, its checksum too: what is paid to a misspelt one is lost.
Result<void> evm_address(const JsonReader& reader, const char* name, const std::string& at);
/// A member of params that are known to be valid.
std::string text_of(const Json& params, const char* name);

}  // namespace swarma::access::policy
