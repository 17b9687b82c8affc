// POST /v1/requirements/offer: every way to unlock a title.
#pragma once

#include "access/attest/actions.h"
#include "access/grant/prepared_titles.h"
#include "api/table.h"

namespace swarma::api {

struct RequirementRoutes {
  access::grant::PreparedTitles& titles;
  access::attest::Actions& actions;
};
Table routes(const RequirementRoutes& with);

}  // namespace swarma::api
