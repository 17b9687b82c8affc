// The pages compiled into the program (web/dist), /openapi.json and /docs.
#pragma once

#include "api/table.h"
#include "catalog/registry/registry.h"

namespace swarma::api {

struct PageRoutes {
  catalog::registry::TitleRegistry& registry;
};
Table routes(const PageRoutes& with);

}  // namespace swarma::api
