// POST /v1/policies/explain: for whoever writes terms.
#pragma once

#include "access/attest/actions.h"
#include "api/table.h"

namespace swarma::api {

struct PolicyRoutes {
  const Clock& clock;
  access::attest::Actions& actions;
  std::string issuer;  // DID of this node's verifiers
};
Table routes(const PolicyRoutes& with);

}  // namespace swarma::api
