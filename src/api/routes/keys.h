// POST /v1/keys/request and /v1/keys/revoke. The proof, the idempotency key and the attestations are used up in one
// transaction of the broker.
#pragma once

#include "access/grant/broker.h"
#include "api/table.h"

namespace swarma::api {

struct KeyRoutes {
  access::grant::Broker& broker;
};
Table routes(const KeyRoutes& with);

}  // namespace swarma::api
