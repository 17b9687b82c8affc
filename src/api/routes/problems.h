// GET /problems/{reason}: where the type of a problem leads. The words are those of src/api/problems/problems.json.
#pragma once

#include "api/table.h"

namespace swarma::api {

struct ProblemRoutes {};
Table routes(const ProblemRoutes& with);

}  // namespace swarma::api
