// The private codes of a title, by list. A policy names the list (allowlist_token); the codes travel in the sealed
// package only, and a node keeps them hashed (access/attest/code_book.h).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace swarma::title {

inline constexpr std::size_t kMaxCodes = 1'000;  // per title: each is hashed with Argon2id when it is published
inline constexpr std::size_t kMaxCodeLength = 128;
inline constexpr std::size_t kMinCodeLength = 4;
inline constexpr std::int64_t kMaxCodeUses = 1'000'000'000;
inline constexpr std::size_t kMaxCodeListLength = 32;  // of a list's id

/// A pass. A use is a viewer: the same viewer redeeming it again is not a further use. 0: no limit.
struct Code {
  std::string code;  // secret: never in a record, a log or an error
  std::int64_t max_uses = 0;
  bool operator==(const Code&) const = default;
};
using CodeLists = std::map<std::string, std::vector<Code>>;  // by list id

/// list → [{"code", "max_uses"}]; without "max_uses" a code has no limit. BadRequest ("codes_bad") for anything else,
/// and beyond kMaxCodes, kMaxCodeLength and kMaxCodeListLength. Codes that are too short are for check_codes.
Result<CodeLists> read_codes(const Json& json);
Json codes_json(const CodeLists& codes);

/// BadRequest ("codes_bad") for what no node takes: a code of a wrong length, too many, a negative number of uses.
Result<void> check_codes(const CodeLists& codes);

}  // namespace swarma::title
