// POST /v1/requirements/offer: every way to unlock a title.
#pragma once

#include "access/attest/actions.h"
#include "access/grant/prepared_titles.h"
#include "access/grant/remote_agents.h"
#include "api/table.h"

namespace swarma::api {

struct RequirementRoutes {
  access::grant::PreparedTitles& titles;
  access::attest::Actions& actions;
  const access::grant::ChosenKeyAgent& agents;
};
Table routes(const RequirementRoutes& with);

}  // namespace swarma::api
