// /v1/actions: a viewer meets a requirement and gets an attestation; what somebody else has to say comes by a return
// key.
#pragma once

#include "access/attest/actions.h"
#include "access/grant/prepared_titles.h"
#include "api/door.h"

namespace swarma::api {

struct ActionRoutes {
  access::grant::PreparedTitles& titles;
  access::attest::Actions& actions;
  const Door& door;
  std::string issuer;  // DID of this node's verifiers
};
Table routes(const ActionRoutes& with);

}  // namespace swarma::api
