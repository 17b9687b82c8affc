// What the API is, for programs (OpenAPI 3.1) and for people: openapi.json with what routes/<noun>.json say of their
// routes, and problems/problems.json.
#pragma once

#include "base/json.h"

namespace swarma::api {

/// Joined at the first call.
const Json& description();

/// slug → {"code", "status", "what", "do"}.
const Json& problems();

}  // namespace swarma::api
