// Terms as clients write them: a preset's name, or a policy object with its private codes beside it.
#pragma once

#include <string>

#include "base/error.h"
#include "base/json.h"

namespace swarma::api {

struct Terms {
  std::string policy;  // canonical JSON
  std::string codes;   // JSON object: list → [{code, max_uses}]
};
Result<Terms> parse_terms(const Json& policy, const Json* codes);

}  // namespace swarma::api
