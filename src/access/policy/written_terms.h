// Terms as clients write them: a preset's name, or a policy object with its private codes beside it.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "title/codes.h"
#include "title/title_record.h"

namespace swarma::access::policy {

struct WrittenTerms {
  std::string policy;  // canonical JSON
  title::CodeLists codes;
};
/// BadRequest "policy_invalid", "preset_unknown", "code_bad", "codes_bad".
Result<WrittenTerms> parse_written_terms(const Json& policy, const Json* codes);

/// What the creator of a record may not have meant with its terms (remarks).
std::vector<std::string> remarks_on(const title::TitleRecord& record);

}  // namespace swarma::access::policy
