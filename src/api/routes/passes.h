// /v1/passes: memberships. Viewers get them by a path of a policy, the creator hands them out and takes them back,
// other nodes look up which were revoked.
#pragma once

#include "access/grant/pass_desk.h"
#include "api/table.h"

namespace swarma::api {

struct PassRoutes {
  access::grant::PassDesk& desk;
  db::Database& database;
  const Clock& clock;
  std::string owner_jkt;  // of the creator whose node this is
};
Table routes(const PassRoutes& with);

}  // namespace swarma::api
