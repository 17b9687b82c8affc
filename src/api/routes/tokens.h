// POST /v1/tokens: the owner lets another key publish here. POST /v1/links and /v1/links/redeem: the same for a
// browser, by a link that works once.
#pragma once

#include "api/door.h"
#include "api/links.h"

namespace swarma::api {

struct TokenRoutes {
  const Clock& clock;
  const Door& door;
  Links& links;
};
Table routes(const TokenRoutes& with);

}  // namespace swarma::api
