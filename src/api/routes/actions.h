// POST /v1/actions/start and /v1/actions/complete: a viewer meets a requirement and gets an attestation.
#pragma once

#include "access/attest/actions.h"
#include "access/grant/prepared_titles.h"
#include "api/door.h"

namespace swarma::api {

struct ActionRoutes {
  access::grant::PreparedTitles& titles;
  access::attest::Actions& actions;
  const Door& door;
};
Table routes(const ActionRoutes& with);

}  // namespace swarma::api
