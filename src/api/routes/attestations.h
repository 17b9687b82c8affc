// GET /v1/attestations/{id}, POST /v1/attestations/revoke.
#pragma once

#include "access/attest/actions.h"
#include "api/table.h"

namespace swarma::api {

struct AttestationRoutes {
  access::attest::Actions& actions;
};
Table routes(const AttestationRoutes& with);

}  // namespace swarma::api
