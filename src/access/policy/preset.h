// Ready-made policies: `open`, `goodwill`, `puzzle`, `code:XXXX`. Each opens the whole film in every key group.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "access/policy/policy.h"

namespace swarma::access::policy {

inline constexpr std::size_t kMaxCodes = 1'000;  // per title: each is hashed with Argon2id when it is published
inline constexpr std::size_t kMaxCodeLength = 128;
inline constexpr std::size_t kMinCodeLength = 4;

/// A pass. A use is a viewer: the same viewer redeeming it again is not a further use. 0: no limit.
struct Code {
  std::string code;  // secret: never in a record, a log or an error
  std::int64_t max_uses = 0;
};
using CodeLists = std::map<std::string, std::vector<Code>>;  // by list id

struct Preset {
  Policy policy;
  CodeLists codes;  // goes into the sealed package, to the key agent only
};

/// True for a text that names a preset rather than a file.
bool is_preset(std::string_view text);
/// BadRequest "preset_unknown" (names the four) or "code_bad".
Result<Preset> parse_preset(std::string_view text);

}  // namespace swarma::access::policy
