// /v1/verifiers: who verifies what here and at the nodes that the owner has listed.
#pragma once

#include "access/attest/actions.h"
#include "access/attest/foreign_verifiers.h"
#include "api/table.h"

namespace swarma::api {

struct VerifierRoutes {
  access::attest::Actions& actions;
  access::attest::ForeignVerifiers& foreign;
  const Clock& clock;
  db::Database& database;
  std::string public_url;  // empty: the address that a request came to
};
Table routes(const VerifierRoutes& with);

}  // namespace swarma::api
