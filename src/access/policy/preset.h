// Ready-made policies: `open`, `goodwill`, `puzzle`, `code:XXXX`. Each opens the whole film in every key group.
#pragma once

#include <string_view>

#include "access/policy/policy.h"
#include "title/codes.h"

namespace swarma::access::policy {

struct Preset {
  Policy policy;
  title::CodeLists codes;  // goes into the sealed package, to the key agent only
};

/// True for a text that names a preset rather than a file.
bool is_preset(std::string_view text);
/// BadRequest "preset_unknown" (names the four) or "code_bad".
Result<Preset> parse_preset(std::string_view text);

}  // namespace swarma::access::policy
